"""A system that stays broken once everything is taken back is proven broken; what the rehearsal could not ask or undo proves nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story, ticks
from handmade_stories import healthy, rescued, said

import reports
from reports.evidence import read_evidence
from scenarios.run.event_kinds import ReadbackCaptured, ReadbackMissing, RunLeftover, RunNotWhole
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import (
    FaultEffective,
    FaultFailed,
    FaultHealed,
    FaultInjecting,
    FaultNotHealed,
    FaultNotUndone,
    FaultUndone,
)
from scenarios.run.system_event_kinds import SystemDegraded, SystemPromoted, SystemRedundant, SystemRejoined, SystemWriters

WHO = {"drill": "primary-kill", "fault": "process-kill"}
BY_HAND = "start db-a, then run: stormdrill heal"
TWO = "writers: db-b, db-a"


def without(story: Story, *kinds: type[Facts]) -> Story:
    """The story without events of these kinds."""
    story.events = [event for event in story.events if not isinstance(event[2], kinds)]
    return story


def test_a_system_that_cannot_be_healed_is_broken(tmp_path: Path) -> None:
    """The fault was taken back, and by the deadline the system itself says that it is not whole: proof, whatever else is wanting."""
    story = without(rescued(tmp_path / "run"), FaultHealed)
    story.tell("watchdog", 121, FaultNotHealed(within_s=60, evidence=TWO, **WHO))
    story.absent.add("windows")
    found = said(story)["healed after primary-kill"]
    assert (found.status, found.kind) == ("FAIL", "invariant")
    assert found.detail == f"primary-kill: not whole 60 s after the fault was taken back: {TWO}"
    assert reports.judge_run(story.folder).word == "FAIL"


def test_a_later_health_takes_the_proof_away(tmp_path: Path) -> None:
    """The same fault, taken back once more."""
    story = rescued(tmp_path / "run")
    story.tell("watchdog", 61.5, FaultNotHealed(within_s=60, evidence=TWO, **WHO))
    assert said(story)["healed after primary-kill"].status == "PASS"


@pytest.mark.parametrize("told", [(), (FaultFailed(reason="undone, but not healed within 60 s: nobody answers", **WHO),)])
def test_a_health_that_nobody_could_tell_proves_nothing(tmp_path: Path, told: tuple[Facts, ...]) -> None:
    """The watchdog died while healing, or nobody answered: that is the rehearsal's own failure."""
    story = without(rescued(tmp_path / "run"), FaultHealed)
    for facts in told:
        story.tell("watchdog", 62, facts)
    assert said(story)["healed after primary-kill"].status == "INVALID"
    assert reports.judge_run(story.folder).word == "INVALID"


def still_broken(story: Story) -> None:
    """Its undo fails, then once more, and the rehearsal says what it leaves."""
    without(story, FaultUndone, FaultHealed)
    story.events = [
        (writer, at_s, facts.model_copy(update={"lease": "l1"}) if isinstance(facts, (FaultInjecting, FaultEffective)) else facts, *more)
        for writer, at_s, facts, *more in story.events
    ]
    for at_s, tries in ((60, 3), (62, 6)):
        told = FaultNotUndone(target="db-a", tries=tries, reason="no answer", by_hand=BY_HAND, lease="l1", **WHO)
        story.tell("watchdog", at_s, told)
    story.tell("door", 63, RunLeftover(what="process-kill: the undo failed: no answer", lease="l1"))


def test_an_undo_that_fails_is_a_failure_that_says_what_to_do_by_hand(tmp_path: Path) -> None:
    """Apart from the recovery, which was measured all the same; nobody owes health meanwhile, and it is told once."""
    story = rescued(tmp_path / "run")
    still_broken(story)
    found = said(story)
    assert (found["taken-back"].status, found["taken-back"].kind, found["taken-back"].measured) == ("FAIL", "recovery", 1)
    told = f"not taken back in 6 tries: no answer; by hand: {BY_HAND}"
    assert found["taken-back"].detail == f"primary-kill: process-kill of db-a was {told}"
    assert (found["recovery of primary-kill"].status, found["leftovers"].status) == ("PASS", "PASS")
    assert "healed after primary-kill" not in found
    assert reports.judge_run(story.folder).word == "FAIL"


def test_what_else_makes_a_run_invalid_does_so_beside_an_undo_that_fails(tmp_path: Path) -> None:
    """And what was taken back after all, by another try, is no failure."""
    story = rescued(tmp_path / "run")
    still_broken(story)
    story.tell("door", 64, RunLeftover(what="the world in run-1-2 did not go down"))
    assert said(story)["taken-back"].status == "FAIL"
    assert reports.judge_run(story.folder).word == "INVALID"
    story = rescued(tmp_path / "again")
    still_broken(story)
    story.tell("heal-1", 64, FaultUndone(lease="l1", **WHO))
    assert said(story)["taken-back"].status == "PASS"


def test_a_system_that_is_not_whole_at_the_end_is_broken(tmp_path: Path) -> None:
    """Each fault was healed by its own sign, and yet the system says no."""
    story = rescued(tmp_path / "run")
    story.tell("drills", 62.5, RunNotWhole(within_s=90, evidence="node bank-a2 does not serve"))
    found = said(story)["whole-again"]
    assert (found.status, found.detail) == ("FAIL", "not whole 90 s after every fault was taken back: node bank-a2 does not serve")
    assert reports.judge_run(story.folder).word == "FAIL"


def told_of_two(story: Story) -> None:
    """The system itself counts two writers for a second and a half."""
    for at_s, count in ((0, 1), (25.2, 0), (26, 2), (27.5, 1)):
        story.tell("system", at_s, SystemWriters(count=count))


def acknowledged_by_a_loser(story: Story) -> None:
    """From 26 to 27.5 s eleven transfers are acknowledged that nobody has afterwards."""
    for at_s in ticks(25.98, 27.5, 7):
        story.ask("transfer.submit", at_s, effect=False)


@pytest.mark.parametrize(("change", "lasts_s"), [(told_of_two, 1.5), (acknowledged_by_a_loser, 10 / 7)])
def test_two_writers_are_proof(tmp_path: Path, change: Callable[[Story], None], lasts_s: float) -> None:
    """By the system's own word, or by what its customers were told; for how long."""
    story = rescued(tmp_path / "run")
    change(story)
    found = said(story)["one-writer"]
    assert (found.status, found.measured) == ("FAIL", pytest.approx(lasts_s, abs=0.001)), found.detail
    assert reports.judge_run(story.folder).word == "FAIL"


def test_one_writer_after_the_other_is_in_order(tmp_path: Path) -> None:
    """None for a moment, and then the other one; what was acknowledged while the injection was still under way is no second writer's."""
    story = rescued(tmp_path / "run")
    for at_s, count in ((0, 1), (25.2, 0), (26, 1)):
        story.tell("system", at_s, SystemWriters(count=count))
    story.ask("transfer.submit", 25, latency_ms=30, effect=False)
    found = said(story)
    assert (found["one-writer"].status, found["one-writer"].detail) == ("PASS", "no second writer was seen")
    assert found["acknowledged-survives"].status == "FAIL"


def test_where_nobody_counts_writers_none_is_said_to_be_missing(tmp_path: Path) -> None:
    """The acknowledgements show a second writer only by what is lost."""
    found = said(rescued(tmp_path / "run"))["one-writer"]
    says = "nothing is acknowledged that only a losing side has; the target does not tell who accepts writes"
    assert (found.status, found.detail) == ("PASS", says)


def refused(story: Story, *, again: bool, unavailable: bool = True) -> None:
    """One table was not told, when it was asked at first, or again after the undo too."""
    story.absent.add("ledger")
    story.tell("door", story.lasts_s + 0.5, ReadbackCaptured(table="grants", rows=1, sha256=""))
    story.tell("door", story.lasts_s + 0.5, ReadbackMissing(table="ledger", reason="answers 503", unavailable=unavailable))
    if again:
        missing = ReadbackMissing(table="ledger", reason="answers 503", unavailable=unavailable, again=True)
        story.tell("door", story.lasts_s + 2.5, missing)


def test_books_that_are_still_refused_when_nothing_is_broken_are_proof(tmp_path: Path) -> None:
    """Drills or none: nothing excuses the system any more."""
    for story in (rescued(tmp_path / "a"), healthy(tmp_path / "b")):
        refused(story, again=True)
        found = said(story)["books-told"]
        assert (found.status, found.measured, found.evidence) == ("FAIL", 1, ("ledger: answers 503",))
        assert reports.judge_run(story.folder).word == "FAIL"


def not_undone(story: Story) -> None:
    """The fault is still there."""
    refused(without(story, FaultUndone, FaultHealed), again=True)


@pytest.mark.parametrize(
    "change",
    [lambda story: refused(story, again=False), lambda story: refused(story, again=True, unavailable=False), not_undone],
    ids=["not asked again", "not understood", "the fault is still there"],
)
def test_books_that_the_rehearsal_could_not_read_prove_nothing(tmp_path: Path, change: Callable[[Story], None]) -> None:
    """Whoever asks wrongly, or while something is broken, or only once, has no proof."""
    story = rescued(tmp_path / "run")
    change(story)
    found = said(story)
    assert "books-told" not in found or found["books-told"].status == "PASS"
    assert reports.judge_run(story.folder).word == "INVALID"


def mapped(story: Story, **kinds: str) -> Story:
    """A target whose file says what its events mean, and that was redundant before."""
    story.target["events"] = {"url": "http://127.0.0.1:9/events", "kinds": kinds}
    return story


def test_redundancy_that_never_comes_back_is_found(tmp_path: Path) -> None:
    """Health was verified, and yet what is acknowledged is on one part only; the lost part may well have rejoined."""
    story = mapped(rescued(tmp_path / "run"), sync="redundant", back="rejoined")
    story.tell("system", -30, SystemRedundant(source="target"))
    story.tell("system", 25.6, SystemDegraded(source="target"))
    story.tell("system", 61.8, SystemRejoined(source="target"))
    found = said(story)["redundancy after primary-kill"]
    assert (found.status, found.detail) == ("FAIL", "primary-kill: lost 0.55 s after the fault, and never restored")
    assert reports.judge_run(story.folder).word == "FAIL"


def test_redundancy_that_is_lost_again_is_not_back(tmp_path: Path) -> None:
    """It came back, and went once more: what counts is how it stands after the last loss."""
    story = mapped(rescued(tmp_path / "run"), sync="redundant", back="rejoined")
    story.tell("system", -30, SystemRedundant(source="target"))
    story.tell("system", 30, SystemRedundant(source="target"))
    story.tell("system", 33, SystemDegraded(source="target"))
    assert said(story)["redundancy after primary-kill"].status == "FAIL"


def test_redundancy_that_comes_back_says_when(tmp_path: Path) -> None:
    """From its loss on."""
    story = mapped(rescued(tmp_path / "run"), sync="redundant", back="rejoined")
    story.tell("system", -30, SystemRedundant(source="target"))
    story.tell("system", 61.8, SystemRedundant(source="target"))
    found = said(story)["redundancy after primary-kill"]
    assert (found.status, found.measured, found.unit) == ("PASS", 36.25, "s")
    assert reports.judge_run(story.folder).word == "PASS"


def test_a_system_that_was_not_redundant_before_need_only_rejoin(tmp_path: Path) -> None:
    """An asynchronous pair never says that it is redundant."""
    story = mapped(rescued(tmp_path / "run"), sync="redundant", back="rejoined")
    story.tell("system", 61.8, SystemRejoined(source="target"))
    assert said(story)["redundancy after primary-kill"].status == "PASS"


def test_a_target_that_has_no_word_for_it_is_not_asked(tmp_path: Path) -> None:
    """Nor is one that lost nothing."""
    assert any(isinstance(event[2], SystemPromoted) for event in rescued(tmp_path / "a").events)
    assert "redundancy after primary-kill" not in said(mapped(rescued(tmp_path / "b"), up="promoted"))
    calm = mapped(rescued(tmp_path / "c"), sync="redundant")
    assert "redundancy after primary-kill" not in said(without(calm, SystemPromoted))


@pytest.mark.parametrize(("back_s", "told"), [(40.0, 15.0), (61.8, None)], ids=["before-the-undo", "after-it"])
def test_redundancy_back_before_the_undo_is_timed_from_the_fault(tmp_path: Path, back_s: float, told: float | None) -> None:
    """A system that brings back by itself what it lost was kept from it by nobody; one that had to wait is timed from the undo."""
    story = mapped(rescued(tmp_path / "run"), sync="redundant", back="rejoined")
    story.tell("system", -30, SystemRedundant(source="target"))
    story.tell("system", 25.6, SystemDegraded(source="target"))
    story.tell("system", back_s, SystemRedundant(source="target"))
    detail = said(story)["redundancy after primary-kill"].detail
    recovery = read_evidence(story.folder).recoveries[0]
    undone_s = recovery.strike.undone_s
    assert undone_s is not None
    assert recovery.strike.zero_s == pytest.approx(25.0, abs=0.1)
    assert recovery.redundancy_s == pytest.approx(told or back_s - undone_s, abs=0.1)
    assert f"restored {abs(back_s - undone_s):g} s {'before' if told else 'after'} the undo" in detail
