"""Whole rehearsals that must end in their word."""

import asyncio
import json
import signal

import asyncpg
import pytest
from killing import BRIEF
from rehearsing import DRILLED, SHORT, Lab, left_running, said, until

from scenarios.run.outcomes import Outcome
from scenarios.run.records import ACK, read_all

pytestmark = pytest.mark.rehearsal

NO_OP_FAULT = '''
"""Nothing at all."""
from chaos.fault import Fault, FaultTarget
from chaos.health import ProbeResult

class NoOp(Fault):
    """Claims to break something."""
    def find_target(self, handles): return FaultTarget()
    def inject(self, handles, target): pass
    def is_effective(self, handles, target): return ProbeResult(holds=False, evidence="nothing has changed")
    def undo(self, handles, target): pass
'''
NO_OP_DRILL = '''
"""A drill that breaks nothing."""
from chaos.drill import Drill, FaultStep
from chaos.faults.no_op import NoOp as Fault

class NoOp(Drill):
    """One blow with a feather."""
    def steps(self):
        return (FaultStep(Fault()),)
'''


def test_the_loss_of_the_primary_is_survived_and_measured(lab: Lab) -> None:
    """PASS, and every part of the run folder: the drill's split, nothing acknowledged lost, the world whole again, and nothing runs on.

    Judging again from the folder alone gives the same bytes.
    """
    phases = [{"name": "calm", "lasts": "16 s", "arrivals": "10/s"}, {"name": "sale", "lasts": "17 s", "arrivals": "10/s"}]
    gates = ["error ratio <= 1 % in calm", "rto of primary-kill <= 10 s", "rpo of primary-kill == 0"]
    outcome = lab.rehearse(DRILLED, phases=phases, gates=gates)
    assert outcome.code == 0, said(outcome)
    assert outcome.out.startswith("PASS")
    for name in ("scenario.json", "findings.json", "verdict.json", "report.html", "summary.md", "junit.xml", "readback/manifest.json"):
        assert (lab.latest / name).is_file(), name
    assert {finding["status"] for finding in lab.verdict()["findings"]} <= {"PASS", "SKIPPED"}
    (recovery,) = lab.verdict()["recovery"]
    assert recovery["drill"] == "primary-kill"
    assert not recovery["rto_censored"]
    assert recovery["rpo_operations"] == 0
    assert recovery["duplicates"] == 0
    assert all(recovery[name] is not None for name in ("detection_s", "decision_s", "failover_s", "rto_first_s", "rto_s"))
    assert [event["kind"] for event in lab.events("fault.healed")]
    assert not left_running(lab)
    before = (lab.latest / "verdict.json").read_bytes(), (lab.latest / "findings.json").read_bytes()
    again = lab.call("judge", str(lab.latest))
    assert again.code == 0, said(again)
    assert before == ((lab.latest / "verdict.json").read_bytes(), (lab.latest / "findings.json").read_bytes())


def test_two_strikes_of_one_drill_are_judged_each_by_itself(lab: Lab) -> None:
    """The second one kills the database that took over from the first, which is back by then; the gate is on the worse of the two."""
    strike = {"drill": "primary-kill", "deadline": "7 s", "window": "4 s"}
    outcome = lab.rehearse(
        DRILLED,
        phases=[{"name": "sale", "lasts": "56 s", "arrivals": "10/s"}],
        drills=[strike | {"at": "17 s"}, strike | {"at": "30 s"}],
        gates=["rto of primary-kill <= 0.001 s", "rto of primary-kill#2 <= 7 s", "rpo of primary-kill == 0"],
    )
    assert outcome.code == 1, said(outcome)
    first, second = lab.verdict()["recovery"]
    assert (first["strike"], second["strike"]) == ("primary-kill", "primary-kill#2")
    worst = max(first["rto_s"], second["rto_s"])
    assert worst > 0.001
    assert lab.finding("gate: rto of primary-kill <= 0.001 s")["measured"] == worst
    assert lab.finding("gate: rto of primary-kill#2 <= 7 s")["measured"] == second["rto_s"]
    assert {finding["id"] for finding in lab.verdict()["findings"]} >= {"recovery of primary-kill#2", "healed after primary-kill#2"}
    killed = [event["target"].partition(" ")[0] for event in lab.events("fault.injecting")]
    assert sorted(killed) == ["db-a", "db-b"]
    assert [event["strike"] for event in lab.events("fault.healed")] == ["primary-kill", "primary-kill#2"]
    assert not left_running(lab)


def test_a_gate_that_stops_a_run_in_mid_fault_heals_and_fails(lab: Lab) -> None:
    """Stopped seconds after the blow: the fault is undone, nothing runs on, and a recovery that had no time to be seen is no doubt."""
    phases = [{"name": "calm", "lasts": "18 s", "arrivals": "10/s"}, {"name": "storm", "lasts": "20 s", "arrivals": "10/s"}]
    drill = DRILLED["drills"][0] | {"drill": "primary-freeze"}
    gate = "success ratio <= 0 % in storm abort after 2 s"
    outcome = lab.rehearse(DRILLED, phases=phases, drills=[drill], gates=[gate, "rto of primary-freeze <= 10 s"])
    assert outcome.code == 1, said(outcome)
    (breach,) = lab.events("gate.breached")
    (effective, *_) = lab.events("fault.effective")
    (healed, *_) = lab.events("fault.healed")
    assert effective["at_ns"] < breach["at_ns"] < healed["at_ns"]
    assert lab.finding(f"gate: {gate}")["status"] == "FAIL"
    assert not left_running(lab)


def test_a_service_that_says_sold_out_to_everyone_fails(lab: Lab) -> None:
    """A refusal that the stock contradicts is no correct answer."""
    lab.target(always_sold_out=True)
    outcome = lab.rehearse(SHORT)
    assert outcome.code == 1, said(outcome)
    assert outcome.out.startswith("FAIL")


def test_what_proves_nothing_is_invalid(lab: Lab) -> None:
    """Each by itself: a fault that had no effect, books that cannot be read back, and a p99.9 of some hundred operations."""
    (lab.folder / "chaos" / "faults").mkdir(parents=True)
    (lab.folder / "chaos" / "drills").mkdir()
    (lab.folder / "chaos" / "faults" / "no_op.py").write_text(NO_OP_FAULT)
    (lab.folder / "chaos" / "drills" / "no_op.py").write_text(NO_OP_DRILL)
    lab.target(no_read_back=True)
    outcome = lab.rehearse(BRIEF, drills=[BRIEF["drills"][0] | {"drill": "no-op"}], gates=["p99.9 <= 10 s"])
    assert outcome.code == 2, said(outcome)
    assert outcome.out.startswith("INVALID")
    assert lab.events("fault.without_effect")
    for check in ("fault-effect", "read-back", "enough-samples"):
        assert lab.finding(check)["status"] == "INVALID", check


def test_what_is_lost_and_what_is_oversold_is_counted(lab: Lab) -> None:
    """Asynchronous replication and a standby frozen before the kill: RPO is what SQL on the new primary says, to the last operation.

    And the service grants more than there is.
    """
    lab.target(durability="async", allow_oversell=True)
    brief = {"phases": [{"name": "sale", "lasts": "30 s", "arrivals": "10/s"}], "campaign": {"prizes": {"skus": 1, "stock": 3}}}
    brief["drills"] = [{"drill": "frozen-standby", "at": "17 s", "deadline": "7 s", "window": "4 s"}]
    process = lab.start("run", lab.scenario(DRILLED | brief, gates=["rpo of frozen-standby == 0"]), "--out", str(lab.runs))
    until(lambda: lab.latest.is_dir() and lab.events("run.drained"), "the load is over")
    process.send_signal(signal.SIGSTOP)  # the world must stay for the comparison
    try:
        there = keys_by_sql(lab)
    finally:
        process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1, f"{out}\n{err}"
    (recovery,) = lab.verdict()["recovery"]
    assert recovery["rpo_operations"] == len(told_as_done(lab) - there)
    assert recovery["rpo_operations"] > 0
    assert recovery["rpo_s"] > 0
    assert lab.finding("no-oversell")["status"] == "FAIL"
    assert lab.finding("no-oversell")["measured"] > 0


def told_as_done(lab: Lab) -> set[int]:
    """Keys of which a customer was told that it is done."""
    acks = read_all(lab.latest / "acks", ACK)
    return {int(ack["key_hi"]) << 64 | int(ack["key_lo"]) for ack in acks if ack["outcome"] == Outcome.SUCCESS}


def keys_by_sql(lab: Lab) -> set[int]:
    """Keys of all effects in the database that is primary now, asked of it directly."""
    (path,) = lab.temporary.glob("stormdrill-*/run-*/topology.json")
    topology = json.loads(path.read_text())
    primary = next(database for database in topology["databases"] if database["role"] == "primary")

    async def ask() -> set[int]:
        names = topology["database"]
        connection = await asyncpg.connect(
            host=primary["host"], port=primary["port"], user=names["user"], database=names["name"], password=names["password"], timeout=10
        )
        try:
            tables = ("bank.transfers", "campaign.grants", "campaign.checkins", "campaign.redpackets", "campaign.redemptions")
            rows = [row for table in tables for row in await connection.fetch(f"select idempotency_key from {table}")]  # noqa: S608 - our own
            return {int(row[0].replace("-", ""), 16) for row in rows if row[0]}
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_nothing_is_wrong_with_the_embedded_target(lab: Lab) -> None:
    """Each operation that its file maps is called, and each claim of the file about it holds."""
    outcome = lab.call("target", "check", "lab")
    assert outcome.code == 0, said(outcome)
    assert "nothing is wrong" in outcome.out
