"""Whole rehearsals that must end in their word."""

import json
from pathlib import Path

import pytest
from rehearsing import DRILLED, SHORT, Lab, left_running, said

NO_OP_FAULT = '''
"""Nothing at all."""
from chaos.fault import Aim, Fault
from chaos.health import Look

class NoOp(Fault):
    """Claims to break something."""
    def aim(self, reach): return Aim()
    def inject(self, reach, aim): pass
    def is_effective(self, reach, aim): return Look(holds=False, evidence="nothing has changed")
    def undo(self, reach, aim): pass
'''
NO_OP_DRILL = '''
"""A drill that breaks nothing."""
from pathlib import Path
from chaos.drill import Drill, Strike
from scenarios.discovery import load_module

class NoOp(Drill):
    """One blow with a feather."""
    def strikes(self):
        return (Strike(load_module(Path(__file__).parents[1] / "faults" / "no_op.py", "chaos.faults").NoOp()),)
'''


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A user's own folder."""
    return Lab(tmp_path)


def test_a_whole_world_passes_and_judging_again_gives_the_same_bytes(lab: Lab) -> None:
    """PASS, every part of the run folder, and the same verdict from the folder alone."""
    outcome = lab.rehearse(SHORT, gates=["error ratio <= 1 %"])
    assert outcome.code == 0, said(outcome)
    assert outcome.out.startswith("PASS")
    for name in ("scenario.json", "findings.json", "verdict.json", "report.html", "summary.md", "junit.xml", "readback/manifest.json"):
        assert (lab.latest / name).is_file(), name
    assert {finding["status"] for finding in lab.verdict()["findings"]} <= {"PASS", "SKIPPED"}
    before = (lab.latest / "verdict.json").read_bytes(), (lab.latest / "findings.json").read_bytes()
    again = lab.call("judge", str(lab.latest))
    assert again.code == 0, said(again)
    assert before == ((lab.latest / "verdict.json").read_bytes(), (lab.latest / "findings.json").read_bytes())


def test_the_loss_of_the_primary_is_survived_and_measured(lab: Lab) -> None:
    """The drill's split is there, nothing acknowledged is lost, the world is whole again, and nothing runs on."""
    outcome = lab.rehearse(DRILLED, gates=["rto of primary-kill <= 10 s", "rpo of primary-kill == 0"])
    assert outcome.code == 0, said(outcome)
    (recovery,) = lab.verdict()["recovery"]
    assert recovery["drill"] == "primary-kill"
    assert not recovery["rto_censored"]
    assert recovery["rpo_operations"] == 0
    assert recovery["duplicates"] == 0
    assert all(recovery[name] is not None for name in ("detection_s", "decision_s", "failover_s", "rto_first_s", "rto_s"))
    assert [event["kind"] for event in lab.events("fault.healed")]
    assert not left_running(lab)


def test_oversell_fails(lab: Lab) -> None:
    """A service that grants more than there is."""
    lab.target(allow_oversell=True)
    outcome = lab.rehearse(SHORT, campaign={"prizes": {"skus": 1, "stock": 3}})
    assert outcome.code == 1, said(outcome)
    assert lab.finding("no-oversell")["status"] == "FAIL"
    assert lab.finding("no-oversell")["measured"] > 0


def test_a_service_that_says_sold_out_to_everyone_fails(lab: Lab) -> None:
    """A refusal that the stock contradicts is no correct answer."""
    lab.target(always_sold_out=True)
    outcome = lab.rehearse(SHORT)
    assert outcome.code == 1, said(outcome)
    assert outcome.out.startswith("FAIL")


def test_without_read_back_nothing_passes(lab: Lab) -> None:
    """What cannot be audited proves nothing."""
    lab.target(no_read_back=True)
    outcome = lab.rehearse(SHORT)
    assert outcome.code == 2, said(outcome)
    assert outcome.out.startswith("INVALID")


def test_a_fault_that_does_nothing_is_invalid(lab: Lab) -> None:
    """A drill whose fault has no effect tested nothing."""
    (lab.folder / "chaos" / "faults").mkdir(parents=True)
    (lab.folder / "chaos" / "drills").mkdir()
    (lab.folder / "chaos" / "faults" / "no_op.py").write_text(NO_OP_FAULT)
    (lab.folder / "chaos" / "drills" / "no_op.py").write_text(NO_OP_DRILL)
    outcome = lab.rehearse(DRILLED, drills=[DRILLED["drills"][0] | {"drill": "no-op"}])
    assert outcome.code == 2, said(outcome)
    assert lab.events("fault.without_effect")


def test_lost_writes_are_counted_exactly(lab: Lab) -> None:
    """Asynchronous replication and a standby frozen before the kill: RPO is what a comparison of acks and rows in the database gives."""
    lab.target(durability="async")
    drill = DRILLED["drills"][0] | {"drill": "frozen-standby"}
    outcome = lab.rehearse(DRILLED, drills=[drill], gates=["rpo of frozen-standby == 0"])
    assert outcome.code == 1, said(outcome)
    (recovery,) = lab.verdict()["recovery"]
    assert recovery["rpo_operations"] > 0
    assert recovery["rpo_operations"] == counted_by_hand(lab)


def counted_by_hand(lab: Lab) -> int:
    """Keys that a customer was told of as done and that no table of the read-back has, by plain sets."""
    from scenarios.records import ACK, read_all  # noqa: PLC0415 - numpy where it is used

    acks = read_all(lab.latest / "acks", ACK)
    told = {(int(ack["key_hi"]) << 64) | int(ack["key_lo"]) for ack in acks if ack["outcome"] == 1 and ack["probe"] in (0, 1)}
    there = set()
    for path in (lab.latest / "readback").glob("*.jsonl"):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if row.get("key"):
                there.add(int(str(row["key"]).replace("-", ""), 16))
    return len(told - there)
