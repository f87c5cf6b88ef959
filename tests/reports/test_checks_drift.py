"""Answers that get slower with the run are found; spikes, steps, faults, more load and a busy machine are no drift."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, OPERATIONS, SHED, SUCCESS, UNKNOWN
from handmade_stories import said

import reports
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT


def asked(story: Story, took_ms: Callable[[float], float], rate: Callable[[float], float] = lambda _: 20.0, lasts_s: int = 60) -> Story:
    """Customers who look all the while, each second at its rate, and wait so long."""
    story.scenario["phases"] = [{"name": "peak", "lasts": lasts_s, "arrivals": 20}]
    story.probes()
    for second in range(lasts_s):
        for at_s in ticks(second, second + 1, rate(second)):
            story.ask("campaign.get", at_s, latency_ms=took_ms(at_s))
    return story


def test_answers_that_get_slower_with_the_run_are_found(tmp_path: Path) -> None:
    """A millisecond each second, on top of noise: 58 ms in the time that is looked at."""
    noise = np.random.default_rng(1)
    story = asked(Story(tmp_path / "run"), lambda at_s: 5 + at_s + noise.gamma(2, 1.0))
    found = said(story)["latency-drift"]
    assert (found.status, found.measured) == ("FAIL", pytest.approx(58, abs=3)), found.detail
    assert reports.judge_run(story.folder).word == "FAIL"


def test_a_drift_shows_beside_a_load_that_falls(tmp_path: Path) -> None:
    """Fewer customers and slower answers: the load is no excuse."""
    story = asked(Story(tmp_path / "run"), lambda at_s: 5 + at_s, lambda second: 60 * 0.5 ** (second / 20) + 10)
    assert said(story)["latency-drift"].status == "FAIL"


def test_a_drift_is_held_against_the_beginning_of_the_run(tmp_path: Path) -> None:
    """Up to the fault the load grows, so that nothing can be compared; what was usual then is usual all the same."""

    def slower(at_s: float) -> float:
        return 5 + 5 * min(at_s, 30) + 1.2 * max(0.0, at_s - 30)

    story = asked(Story(tmp_path / "run"), slower, lambda second: 10.0 + 3 * second if second < 30 else 60 - second / 2, 90)
    story.beat(0, 30)
    story.beat(30, 90)
    story.drill(30)
    found = said(story)["latency-drift"]
    assert found.status == "FAIL", found.detail


CALM: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "level": (lambda _: 5.0, lambda _: 20.0),
    "a step in the middle": (lambda at_s: 5.0 if at_s < 30 else 60.0, lambda _: 20.0),
    "a spike": (lambda at_s: 200.0 if 20 < at_s < 25 else 5.0, lambda _: 20.0),
    "a load that grows": (lambda at_s: 5.0 + at_s, lambda second: 10.0 + second),
    "faster and faster": (lambda at_s: 70.0 - at_s, lambda _: 20.0),
    "too little to matter": (lambda at_s: 5.0 + at_s / 20, lambda _: 20.0),
}


@pytest.mark.parametrize("name", CALM)
def test_what_only_looks_like_a_drift_is_none(tmp_path: Path, name: str) -> None:
    """Whatever else its gates may say of it."""
    found = said(asked(Story(tmp_path / "run"), *CALM[name]))
    assert "latency-drift" not in found or found["latency-drift"].status == "PASS"


def test_a_fault_in_the_middle_is_no_drift(tmp_path: Path) -> None:
    """After it everything is slower, and stays so: a step that the drill explains."""
    story = asked(Story(tmp_path / "run"), lambda at_s: 5.0 if at_s < 25 else 40.0)
    story.beat(0, 25)
    story.beat(25, 60, latency_ms=40)
    story.drill(25)
    assert said(story)["latency-drift"].status == "PASS"


@pytest.mark.parametrize("seed", range(3))
def test_a_machine_that_is_busy_now_and_then_is_no_drift(tmp_path: Path, seed: int) -> None:
    """Latency wanders, up to several times what it was, and back."""
    draw, level = np.random.default_rng(seed), [0.0]
    for _ in range(60):
        level.append(0.9 * level[-1] + draw.normal(0, 0.3))
    story = asked(Story(tmp_path / "run"), lambda at_s: 5 * float(np.exp(level[int(at_s)])) * draw.gamma(4, 0.25))
    assert said(story)["latency-drift"].status == "PASS"


def test_a_run_of_seconds_is_not_asked(tmp_path: Path) -> None:
    """In twenty seconds a busy machine looks like a leak."""
    assert "latency-drift" not in said(asked(Story(tmp_path / "run"), lambda at_s: 5 + at_s, lasts_s=20))


def by_site(
    story: Story, took_ms: dict[bytes, float], failing: dict[bytes, float] | None = None, how: Outcome = FAILURE, rate: float = 20
) -> Story:
    """A thousand transfers, answered by two sites in turn, each in its own time and with its own share of failures."""
    draw = np.random.default_rng(3)
    story.probes()
    for number, at_s in enumerate(ticks(3, 53, rate)):
        story.site = (b"A", b"B")[number % 2]
        bad = draw.random() < (failing or {}).get(story.site, 0.0)
        story.ask("transfer.submit", at_s, how if bad else SUCCESS, latency_ms=took_ms[story.site] * draw.gamma(4, 0.25))
    return story


@pytest.mark.parametrize(
    ("took_ms", "failing", "words"),
    [
        ({b"A": 10, b"B": 160}, {}, "site B takes"),
        ({b"A": 85, b"B": 10}, {}, "site A takes"),
        ({b"A": 10, b"B": 10}, {b"B": 0.1}, "site B fails"),
    ],
)
def test_a_site_that_is_worse_than_the_other_is_found(
    tmp_path: Path, took_ms: dict[bytes, float], failing: dict[bytes, float], words: str
) -> None:
    """Slower by far, or failing where the other does not: beyond chance, and so that it matters."""
    story = by_site(Story(tmp_path / "run"), took_ms, failing)
    found = said(story)["site-balance"]
    assert (found.status, words in found.detail) == ("FAIL", True), found.detail
    assert reports.judge_run(story.folder).word == "FAIL"


@pytest.mark.parametrize(("of_b_ms", "status"), [(160, "FAIL"), (15, "PASS")])
def test_a_site_that_is_slow_in_reads_alone_is_found(tmp_path: Path, of_b_ms: float, status: str) -> None:
    """By the reads that are kept with what they showed, each of them once; and not for a little."""
    story, draw = Story(tmp_path / "run"), np.random.default_rng(3)
    story.probes()
    for number, at_s in enumerate(ticks(3, 53, 6)):
        site, sent_ns = (b"A", b"B")[number % 2], round(at_s * 1e9)
        done_ns = sent_ns + round({b"A": 10, b"B": of_b_ms}[site] * draw.gamma(4, 0.25) * 1e6)
        for view in range(2):
            story.shown.append(
                (number << 16, 0, sent_ns, done_ns, 0, NO_AMOUNT, number, OPERATIONS.index("campaign.get"), view, site, b"", 1)
            )
    found = said(story)["site-balance"]
    assert (found.status, "campaign.get: site B takes" in found.detail) == (status, status == "FAIL"), found.detail


@pytest.mark.parametrize(
    ("silent_from_s", "drill", "status"),
    [(35, False, "FAIL"), (50, False, "PASS"), (35, True, "PASS")],
    ids=["silent", "for a moment", "taken by a drill"],
)
def test_a_site_that_answers_nothing_any_more_is_found(tmp_path: Path, silent_from_s: float, *, drill: bool, status: str) -> None:
    """The other one answers in order, and half of what should serve is not there; unless a drill took it and it is not back."""
    story = Story(tmp_path / "run")
    story.probes()
    for number, at_s in enumerate(ticks(3, 53, 10)):
        story.site = b"B" if number % 2 and at_s < silent_from_s else b"A"
        story.ask("transfer.submit", at_s)
    if drill:
        story.beat(0, 30)
        story.beat(30, 60)
        story.drill(30)
    found = said(story)["site-balance"]
    assert (found.status, "site B answers none of the last" in found.detail) == (status, status == "FAIL"), found.detail


@pytest.mark.parametrize(("sites", "status"), [(["A", "B"], "FAIL"), (["A"], None), ([], None)])
def test_a_site_that_should_serve_and_never_answers_is_found(tmp_path: Path, sites: list[str], status: str | None) -> None:
    """All answers name one, though the target's file says that two serve."""
    story = Story(tmp_path / "run")
    story.probes()
    story.target["sites"] = sites  # type: ignore[assignment]  # a list
    for at_s in ticks(3, 53, 5):
        story.ask("transfer.submit", at_s)
    found = said(story).get("site-balance")
    assert (found and found.status) == status
    assert not found or "site B answers none of" in found.detail


@pytest.mark.parametrize("how", [FAILURE, SHED, UNKNOWN])
def test_a_site_that_does_not_answer_in_order_is_found_however_it_says_so(tmp_path: Path, how: Outcome) -> None:
    """An error, "busy", and what leaves the customer in the dark; fifty customers of each site are enough where half of them meet it."""
    story = by_site(Story(tmp_path / "run"), {b"A": 10, b"B": 10}, {b"B": 0.6}, how, rate=2)
    found = said(story)["site-balance"]
    assert (found.status, "site B fails" in found.detail) == ("FAIL", True), found.detail


@pytest.mark.parametrize(("seconds", "status"), [(1, "PASS"), (2, "PASS"), (25, "FAIL")])
def test_a_site_that_was_overrun_for_a_second_is_not_worse(tmp_path: Path, seconds: int, status: str) -> None:
    """A quarter of all that it was asked is turned away in one second, or two: one event, or two; over half of the time, it is the site."""
    story = Story(tmp_path / "run")
    story.probes()
    turned_away = 0
    for number, at_s in enumerate(ticks(3, 53, 20)):
        story.site = (b"A", b"B")[number % 2]
        overrun = story.site == b"B" and int(at_s) % 50 < seconds and turned_away < 125
        turned_away += overrun
        for extra in range(1 + 12 * (overrun and seconds < 3)):
            story.ask("transfer.submit", at_s + extra / 1000, SHED if overrun else SUCCESS, effect=False)
    found = said(story)["site-balance"]
    assert found.status == status, found.detail


def test_a_site_is_judged_by_all_its_effects_together(tmp_path: Path) -> None:
    """A share of failures that is chance for each operation alone, and none for all of them."""
    story = Story(tmp_path / "run")
    story.probes()
    for number, at_s in enumerate(ticks(3, 53, 4)):
        story.site = (b"A", b"B")[number % 2]
        for op in ("transfer.submit", "claim.submit", "redpacket.open"):
            story.ask(op, at_s, FAILURE if story.site == b"B" and number % 20 == 1 else SUCCESS, effect=False)
    found = said(story)["site-balance"]
    assert (found.status, found.measured) == ("FAIL", 1), found.evidence
    assert found.detail.startswith("all effects: site B fails 10 %")


def test_a_site_that_fails_one_in_thirteen_is_found_in_half_a_minute_of_an_ordinary_day(tmp_path: Path) -> None:
    """25 of 325, where the other has 2 of as many: a chance of one in half a million."""
    story = Story(tmp_path / "run")
    story.probes()
    for number, at_s in enumerate(ticks(3, 53, 13)):
        story.site = (b"A", b"B")[number % 2]
        story.ask("transfer.submit", at_s, FAILURE if number % 26 == 1 or number in (100, 300) else SUCCESS, effect=False)
    found = said(story)["site-balance"]
    assert (found.status, "site B fails" in found.detail) == ("FAIL", True), found.detail


@pytest.mark.parametrize(
    ("took_ms", "failing"),
    [
        ({b"A": 10, b"B": 10}, {}),
        ({b"A": 10, b"B": 25}, {}),
        ({b"A": 300, b"B": 330}, {}),
        ({b"A": 10, b"B": 10}, {b"A": 0.02, b"B": 0.03}),
    ],
    ids=["alike", "a little further away", "both slow", "a few failures more"],
)
def test_sites_that_differ_a_little_are_in_order(tmp_path: Path, took_ms: dict[bytes, float], failing: dict[bytes, float]) -> None:
    """One lies further from the database than the other; and chance has its share."""
    assert said(by_site(Story(tmp_path / "run"), took_ms, failing))["site-balance"].status == "PASS"
