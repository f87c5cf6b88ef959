"""The word: how findings merge, and what a waiver excuses."""

import random
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from handmade_plan import health
from handmade_stories import healthy
from hypothesis import given
from hypothesis import strategies as st

import reports
from reports.evidence import read_evidence
from reports.finding import EXIT_CODES, About, Finding, Kind, Status, merge, severity, tainted
from reports.judge.check_runner import findings
from reports.judge.verdict_json import sentence
from scenarios.errors import BadInput
from scenarios.plugins import PATH_VARIABLE
from scenarios.run.event_kinds import PluginFailed
from scenarios.run.events import of_kind
from scenarios.run.folder import open_run

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
    gate = next(one for one in findings(read_evidence(doubtful.folder)) if one.check == "gates")
    assert (gate.status, gate.tainted_by) == (Status.FAIL, ("stalls",))
    broken = healthy(tmp_path / "broken")
    broken.tell("load-0", 20, health(stall_ms=2000.0))
    broken.tables["transfers"].pop()
    assert reports.judge_run(broken.write()).word == "FAIL"


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


BROKEN_CHECKS = {  # what it does: the line that is named, and what is said
    "return 1 / 0": (5, "ZeroDivisionError: division by zero"),
    "sys.exit(0)": (5, "SystemExit: 0"),
    "return None": (1, "it gave None; allowed: a Finding or several"),
    "return [3]": (1, "it gave 3 among its findings; allowed: a Finding"),
    "return Finding(ID, 'PASS', 0, 0, '', '')": (1, "its finding has the status 'PASS'; allowed: Status.PASS"),
    "return judged(True, ID, 'many', 0, '', '')": (1, "its finding of-our-own has the measured 'many'; allowed: a number, or None"),
    "return judged(True, ID, float('nan'), 0, '', '')": (1, "has the measured nan"),
    "return judged(True, ID, 0, 0, '', None)": (1, "its finding has the detail None; allowed: a text"),
    "return judged(True, ID, 0, 0, '', '', (3,))": (1, "its finding of-our-own has the evidence (3,); allowed: texts"),
}


@pytest.mark.parametrize("does", BROKEN_CHECKS)
def test_a_check_that_breaks_is_invalid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Named with file and line, and everything else is judged; what cannot be understood is never a PASS."""
    own = tmp_path / "own" / "reports" / "checks" / "of_our_own.py"
    own.parent.mkdir(parents=True)
    head = '"""Breaks."""\nimport sys; from reports.finding import *\nID, TITLE, KIND = "of-our-own", "Ours", "invariant"\n'
    own.write_text(f"{head}def check(evidence):\n    {does}\n")
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "own"))
    folder = healthy(tmp_path / "run").write()
    assert reports.judge_run(folder).word == "INVALID"
    found = {finding["id"]: finding for finding in orjson.loads((folder / "findings.json").read_bytes())["findings"]}
    line, says = BROKEN_CHECKS[does]
    assert found["of-our-own"]["status"] == "INVALID"
    assert found["of-our-own"]["detail"].startswith(f"the check of-our-own broke at {own}:{line}: ")
    assert says in found["of-our-own"]["detail"]
    assert found["no-oversell"]["status"] == "PASS"


@pytest.mark.parametrize(
    ("does", "line", "says"), [("return 1 / 0", 5, "ZeroDivisionError"), ("return None", 1, "it gave None; allowed: HTML")]
)
def test_a_section_that_breaks_makes_the_rehearsal_invalid_and_the_others_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, line: int, says: str
) -> None:
    """An event of the run, so that judging it again gives the same bytes; in the section's place stands what it raised."""
    own = tmp_path / "own" / "reports" / "output" / "sections" / "our_own.py"
    own.parent.mkdir(parents=True)
    own.write_text(f'"""Breaks."""\nORDER = 45\nTITLE = "Ours"\ndef section(report):\n    {does}\n')
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "own"))
    folder = healthy(tmp_path / "run").write()
    verdict = reports.conclude_run(folder)
    assert verdict.word == "INVALID"
    assert verdict.sentence.startswith(f"the section our-own broke at {own}:{line}: ")
    assert says in verdict.sentence
    (event,) = of_kind(open_run(folder).events(), PluginFailed)
    assert (event.facts.plugin, event.facts.file, event.facts.line) == ("section our-own", str(own), line)
    page = (folder / "report.html").read_text("utf-8")
    assert f'<h2>Ours</h2><p><em class="taint">the section our-own broke at {own}:{line}: ' in page
    assert 'id="latency"' in page
    before = (folder / "verdict.json").read_bytes()
    reports.judge_run(folder)
    assert (folder / "verdict.json").read_bytes() == before
    with pytest.raises(BadInput, match=r"the section our-own broke at .*; everything else is drawn: "):
        reports.render_run(folder)
