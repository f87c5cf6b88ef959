"""Every planted bug can be planted, says whom it hurts, and names what must find it; what became of it is told as it was."""

import shutil
from pathlib import Path

import pytest

from bench.planted.__main__ import _chosen
from bench.planted.bug import Bug, Change, planted, read_bugs
from bench.planted.outcome import Outcome, told
from bench.planted.rehearsing import Rehearsed
from bench.planted.table import summary, table, told_before
from scenarios.plugins import discover

ROOT = Path(__file__).parent.parent.parent
BUGS = {bug.name: bug for bug in read_bugs()}


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_can_be_planted(tmp_path: Path, name: str) -> None:
    """Its texts stand in the mock's source, once each, and what is put there is Python where it was."""
    bug = BUGS[name]
    assert bug.changes
    for file in {change.file for change in bug.changes}:
        assert file.startswith("mock_bank/")
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    planted(bug, tmp_path)
    for change in bug.changes:
        text = (tmp_path / change.file).read_text("utf-8")
        assert text != (ROOT / change.file).read_text("utf-8")
        if change.file.endswith(".py"):
            compile(text, change.file, "exec")


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_says_what_it_is(name: str) -> None:
    """A kind, a sentence, a scenario that there is, and what must find it."""
    bug = BUGS[name]
    assert bug.kind
    assert len(bug.hurts) > 15
    assert bug.scenario in discover("scenarios/catalog", ".yaml") or Path(bug.plan).is_file()
    assert bug.found_by


def test_a_text_that_stands_there_no_more_is_named(tmp_path: Path) -> None:
    """The bug's file is out of date."""
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match=r"b: a\.py has its text 0 times, not once: 'y = 1'"):
        planted(Bug("b", "k", "h", "smoke", "", ("x",), (Change("a.py", "y = 1", "y = 2"),)), tmp_path)


def test_a_name_means_one_bug_and_a_beginning_all_that_begin_so() -> None:
    """Nothing means all."""
    assert [bug.name for bug in _chosen(list(BUGS.values()), ["oversell"])] == ["oversell"]
    assert {bug.name for bug in _chosen(list(BUGS.values()), ["cut-"])} == {"cut-transfer", "cut-large-transfers"}
    assert _chosen(list(BUGS.values()), []) == list(BUGS.values())


ENDS = [
    (Rehearsed("FAIL", "", ("amounts", "windows")), "killed", "amounts"),
    (Rehearsed("FAIL", "", ("windows",)), "elsewhere", "windows"),
    (Rehearsed("INVALID", "", ("amounts",)), "invalid", "amounts"),
    (Rehearsed("PASS", "", ()), "survived", ""),
    (Rehearsed("NONE", "it did not start", ()), "broken", ""),
    (Rehearsed("NOT RUN", "no run is kept", ()), "not run", ""),
]


@pytest.mark.parametrize(("found", "verdict", "by"), ENDS, ids=[end[1] for end in ENDS])
def test_what_became_of_a_bug(found: Rehearsed, verdict: str, by: str) -> None:
    """Killed is a FAIL by a finding that knows the cause, and nothing less."""
    outcome = told(BUGS["cut-transfer"], found)
    assert (outcome.verdict, outcome.by) == (verdict, by)


def test_a_survivor_is_a_gap_with_a_name() -> None:
    """The table says why, and the count has it."""
    bug = Bug("b", "k", "h", "smoke", "", ("x",), (), "nobody looks")
    outcomes = [told(bug, Rehearsed("PASS", "", ())), Outcome(Bug.clean("smoke", 1), "FAIL", "alarm", "amounts")]
    assert "| b | k | h | survived | nobody looks |" in table(outcomes)
    assert summary(outcomes) == (
        "0 of 1 planted bugs killed (0%), 0 failed for another reason, 0 INVALID, 1 survived; 1 false alarms in 1 clean runs"
    )


def test_what_was_not_rehearsed_or_with_an_earlier_tree_is_said() -> None:
    """Neither counts as found."""
    bug = Bug("b", "k", "h", "smoke", "", ("amounts",), ())
    outcomes = [
        told(bug, Rehearsed("FAIL", "", ("amounts",), earlier=True)),
        told(bug, Rehearsed("NOT RUN", "no run is kept", ())),
        told(Bug.clean("smoke", 1), Rehearsed("PASS", "", ())),
        told(Bug.clean("smoke", 2), Rehearsed("NOT RUN", "no run is kept", ())),
    ]
    assert summary(outcomes) == (
        "1 of 1 planted bugs killed (100%), 0 failed for another reason, 0 INVALID, 0 survived, 1 not run; 0 false alarms in 1 clean runs; "
        "1 of these 2 runs were rehearsed with an earlier tree"
    )


def test_what_is_not_run_now_keeps_its_row_and_clean_runs_are_counted_on() -> None:
    """By the page itself; of a bug without a row nothing is known."""
    known, new = (Bug(name, "k", "h", "smoke", "", ("amounts",), ()) for name in ("b", "c"))
    page = f"{table([told(known, Rehearsed('FAIL', '', ('amounts',)))])}\n1 of 1 planted bugs killed; 0 false alarms in 36 clean runs"
    before = told_before(page, [known, new])
    assert "| b | k | h | killed | amounts |" in table(before)
    found = summary([*before, told(Bug.clean("smoke", 1), Rehearsed("PASS", "", ()))])
    assert found.startswith("1 of 1 planted bugs killed (100%)")
    assert found.endswith("1 not run; 0 false alarms in 37 clean runs; 37 of these 38 runs were rehearsed with an earlier tree")
