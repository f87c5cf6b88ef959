"""The word: how findings merge, that it is the same whoever reads the files in whatever order, and that it is what the schema says."""

import json
import random
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import orjson
import pytest
from handmade import FAILURE, OPERATIONS, SUCCESS, UNKNOWN, Story, health, healthy, rescued, ticks
from hypothesis import given
from hypothesis import strategies as st

import reports
from reports.evidence import read_evidence
from reports.finding import EXIT_CODES, About, Finding, Kind, Status, merge, severity, tainted
from reports.judge.check_runner import findings
from reports.judge.verdict_json import sentence
from scenarios.errors import BadInput
from scenarios.plugins import PATH_VARIABLE
from scenarios.run.event_kinds import RunInterrupted
from scenarios.run.records import SAMPLE, read_records

SCHEMAS = Path(reports.__file__).parent / "schema"

some_finding = st.builds(
    Finding,
    id=st.text("abc", min_size=1, max_size=3),
    status=st.sampled_from(Status),
    measured=st.none(),
    limit=st.none(),
    unit=st.just(""),
    detail=st.just("so it is"),
    kind=st.sampled_from(Kind),
    about=st.lists(st.sampled_from(About), max_size=2).map(tuple),
)
some_findings = st.lists(some_finding, max_size=12)


@given(st.lists(some_finding, min_size=1, max_size=12), some_finding)
def test_one_more_bad_finding_never_makes_it_better(said: list[Finding], one: Finding) -> None:
    """Adding a breach or a doubt never turns a word into PASS; a proven breach is FAIL whatever else is said."""
    assert merge([*said, replace(one, status=Status.FAIL, kind=Kind.INVARIANT)]) is Status.FAIL
    for status in (Status.FAIL, Status.INVALID):
        after = merge([*said, replace(one, status=status)])
        assert after in (Status.FAIL, Status.INVALID)
        assert merge(said) is not Status.INVALID or after is not Status.FAIL or (status, one.kind) == (Status.FAIL, Kind.INVARIANT)


@given(some_findings, st.randoms())
def test_the_word_does_not_depend_on_the_order_of_findings(said: list[Finding], order: random.Random) -> None:
    """Nor does it depend on what passes."""
    shuffled = list(said)
    order.shuffle(shuffled)
    assert merge(shuffled) is merge(said)
    if said:
        assert merge([*said, replace(said[0], status=Status.PASS)]) is merge(said)


@given(some_findings)
def test_the_word_is_pass_only_where_all_pass(said: list[Finding]) -> None:
    """PASS needs at least one finding, and none that fails or doubts."""
    assert (merge(said) is Status.PASS) == (bool(said) and all(one.status in (Status.PASS, Status.SKIPPED) for one in said))
    assert merge(said) in EXIT_CODES


@given(some_findings)
def test_the_sentence_comes_from_the_finding_that_makes_the_word(said: list[Finding]) -> None:
    """The worst finding has the status of the word."""
    assert sentence(said)
    if said and merge(said) is not Status.PASS:
        assert min(said, key=severity).status is merge(said)


@given(some_findings)
def test_doubts_taint_the_gates_that_stand_on_the_same_ground(said: list[Finding]) -> None:
    """And nothing else."""
    for finding in tainted(said):
        doubts = [one for one in said if one.kind is Kind.VALIDITY and one.status is Status.INVALID and set(one.about) & set(finding.about)]
        expected = sorted(one.id for one in doubts) if finding.kind in (Kind.GATE, Kind.RECOVERY) else []
        assert list(finding.tainted_by) == expected


def test_a_breach_outweighs_a_doubt_and_a_doubt_a_broken_gate(tmp_path: Path) -> None:
    """The order of merging, on whole runs."""
    slow = healthy(tmp_path / "slow")
    slow.scenario["gates"] = ["p50 of campaign.get <= 1 ms"]
    assert reports.judge_run(slow.write()).word == "FAIL"
    doubtful = healthy(tmp_path / "doubtful")
    doubtful.scenario["gates"] = ["p50 of campaign.get <= 1 ms"]
    doubtful.tell("load-0", 20, health(stall_ms=2000.0))
    assert reports.judge_run(doubtful.write()).word == "INVALID"
    gate = next(one for one in findings(read_evidence(doubtful.folder)) if one.kind is Kind.GATE)
    assert (gate.status, gate.tainted_by) == (Status.FAIL, ("stalls",))
    broken = healthy(tmp_path / "broken")
    broken.tell("load-0", 20, health(stall_ms=2000.0))
    broken.tables["transfers"].pop()
    assert reports.judge_run(broken.write()).word == "FAIL"


def _bytes(folder: Path) -> tuple[bytes, bytes]:
    reports.judge_run(folder)
    return (folder / "verdict.json").read_bytes(), (folder / "findings.json").read_bytes()


def eventful(folder: Path) -> Story:
    """Two load processes, a failover with losses and retries, gates that hold and gates that do not."""
    story = rescued(folder)
    story.load_processes = 2
    story.scenario["gates"] = [
        "p95 of claim.submit <= 1 s",
        "error ratio <= 1 %",
        "rto of primary-kill <= 10 s",
        "rpo of primary-kill == 0",
    ]
    for at_s in ticks(25, 27, 5):
        story.ask("transfer.submit", at_s, UNKNOWN, 900, retries=[(UNKNOWN, 900), (SUCCESS, 40)])
        story.ask("transfer.submit", at_s + 0.01, UNKNOWN, 900, effect=at_s > 26)
        story.ask("transfer.submit", at_s - 1, SUCCESS, effect=at_s > 26)
        story.ask("campaign.get", at_s, FAILURE, 5)
    return story


def test_the_verdict_does_not_depend_on_the_order_in_which_files_are_read(tmp_path: Path) -> None:
    """Other file names, records in another order, rows in another order: the same bytes."""
    story = eventful(tmp_path / "a" / "run")
    first = _bytes(story.write())
    other = eventful(tmp_path / "b" / "run")
    shuffle = random.Random(4)  # noqa: S311 - no secret
    for records in (other.samples, other.acks):
        shuffle.shuffle(records)
    for rows in other.tables.values():
        shuffle.shuffle(rows)
    other.write()
    for kind in ("samples", "acks"):
        (other.folder / kind / "load-0.bin").rename(other.folder / kind / "z.bin")
    assert _bytes(other.folder) == first


def test_records_cut_off_in_the_middle_still_give_a_verdict(tmp_path: Path) -> None:
    """A killed rehearsal leaves half a record, half a line and no read-back: a partial verdict, never a crash, never PASS."""
    story = rescued(tmp_path / "run")
    story.ends = False
    folder = story.write()
    for path in (folder / "samples" / "load-0.bin", folder / "acks" / "load-0.bin"):
        path.write_bytes(path.read_bytes()[:-17])
    door = folder / "events" / "door.jsonl"
    door.write_bytes(door.read_bytes()[:-9])
    for path in (folder / "readback").iterdir():
        path.unlink()
    verdict = reports.judge_run(folder)
    assert verdict.word == "INVALID"
    assert "partial" in (folder / "findings.json").read_text("utf-8")


def test_a_partial_run_that_proves_a_breach_fails(tmp_path: Path) -> None:
    """What was lost before the interruption was lost."""
    story = rescued(tmp_path / "run")
    story.tell("door", 50, RunInterrupted(reason="stopped by the user"))
    story.tables["transfers"].pop()
    assert reports.judge_run(story.write()).word == "FAIL"


def test_an_empty_folder_of_records_is_invalid(tmp_path: Path) -> None:
    """Nothing recorded, nothing proven."""
    assert reports.judge_run(Story(tmp_path / "run").write()).word == "INVALID"


def test_no_run_folder_is_a_bad_input(tmp_path: Path) -> None:
    """One clear sentence."""
    with pytest.raises(BadInput, match="no run folder"):
        reports.judge_run(tmp_path)


def test_a_changed_event_is_invalid(tmp_path: Path) -> None:
    """Whoever rewrites the story is found out."""
    folder = rescued(tmp_path / "run").write()
    path = folder / "events" / "watchdog.jsonl"
    path.write_bytes(path.read_bytes().replace(b"the process is gone", b"the process was gone"))
    assert reports.judge_run(folder).word == "INVALID"
    assert "chain" in (folder / "verdict.json").read_text("utf-8")


def test_a_waiver_excuses_from_proving_and_is_shown(tmp_path: Path) -> None:
    """A target whose accounts cannot be read passes only where the scenario says why that is in order."""
    story = healthy(tmp_path / "run")
    del story.target["readback"]["tables"]["accounts"]  # type: ignore[index]  # a mapping
    assert reports.judge_run(story.write()).word == "INVALID"
    waived = healthy(tmp_path / "waived")
    del waived.target["readback"]["tables"]["accounts"]  # type: ignore[index]  # a mapping
    waived.scenario["waive"] = [{"check": "double-entry", "reason": "the ledger is audited by the bank itself"}]
    assert reports.judge_run(waived.write()).word == "PASS"
    found = next(one for one in findings(read_evidence(waived.folder)) if one.id == "double-entry")
    assert (found.status, found.waived) == (Status.SKIPPED, "the ledger is audited by the bank itself")


def test_a_waiver_does_not_excuse_what_is_proven(tmp_path: Path) -> None:
    """Oversold is oversold."""
    story = healthy(tmp_path / "run")
    story.scenario["waive"] = [{"check": "no-oversell", "reason": "we would rather not know"}]
    story.tables["stock"][0] |= {"initial": 10}
    assert reports.judge_run(story.write()).word == "FAIL"


def test_a_waiver_of_nothing_is_invalid(tmp_path: Path) -> None:
    """A mistyped name must not look like care."""
    story = healthy(tmp_path / "run")
    story.scenario["waive"] = [{"check": "no-overselling", "reason": "a slip of the keyboard"}]
    assert reports.judge_run(story.write()).word == "INVALID"


def test_a_check_that_breaks_is_invalid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own check is found by its folder; its crash is never a PASS."""
    own = tmp_path / "own" / "reports" / "checks"
    own.mkdir(parents=True)
    (own / "of_our_own.py").write_text(
        '"""Breaks."""\nID, TITLE, KIND = "of-our-own", "Ours", "invariant"\ndef check(evidence):\n    return 1 / 0\n'
    )
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "own"))
    folder = healthy(tmp_path / "run").write()
    assert reports.judge_run(folder).word == "INVALID"
    assert "the check of-our-own broke: ZeroDivisionError" in (folder / "findings.json").read_text("utf-8")


STORIES = {"healthy": healthy, "rescued": rescued, "eventful": eventful, "empty": Story}


@pytest.mark.parametrize("name", STORIES)
def test_what_is_written_keeps_its_schema(tmp_path: Path, name: str) -> None:
    """Both documents, for good runs and bad ones."""
    folder = STORIES[name](tmp_path / "run").write()
    reports.judge_run(folder)
    for document in ("verdict", "findings"):
        schema = json.loads((SCHEMAS / f"{document}.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(orjson.loads((folder / f"{document}.json").read_bytes()), schema, cls=jsonschema.Draft202012Validator)


def test_the_verdict_keeps_the_names_that_pipelines_read(tmp_path: Path) -> None:
    """As the design shows them."""
    folder = eventful(tmp_path / "run").write()
    reports.judge_run(folder)
    verdict = orjson.loads((folder / "verdict.json").read_bytes())
    assert {"verdict", "exit_code", "scenario", "run", "traffic", "recovery", "findings"} <= set(verdict)
    assert {"offered", "sent", "unsent", "goodput_per_s", "tps_peak", "latency_ms", "service_ms"} <= set(verdict["traffic"])
    assert {"p50", "p95", "p99", "p999", "max"} <= set(verdict["traffic"]["latency_ms"])
    names = (
        "drill detection_s decision_s failover_s rto_first_s rto_s rto_censored rpo_operations rpo_s rpo_fen unknown_present unknown_absent"
    )
    assert {*names.split(), "duplicates", "outage_equivalent_s"} <= set(verdict["recovery"][0])
    assert {"id", "status", "measured", "limit", "unit", "detail"} <= set(verdict["findings"][0])


def test_reading_half_a_million_samples_is_not_done_one_by_one(tmp_path: Path) -> None:
    """A large run is judged by arrays; every operation is counted, and nothing else is needed to say so."""
    story = healthy(tmp_path / "run")
    folder = story.write()
    path = folder / "samples" / "load-0.bin"
    records = read_records(path, SAMPLE)
    reads = records[records["op"] == OPERATIONS.index("campaign.get")]
    copies = np.resize(reads, 500_000)
    copies["operation"] = np.arange(1 << 50, (1 << 50) + 500_000)
    with path.open("ab") as file:
        copies.tofile(file)
    assert reports.judge_run(folder).word == "PASS"
    assert orjson.loads((folder / "verdict.json").read_bytes())["traffic"]["offered"] == 500_000 + 600 + 600 + 1
