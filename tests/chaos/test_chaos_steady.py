"""Steady state and recovery as judged from live figures."""

import pytest
from chaos_support import live_window
from hypothesis import given
from hypothesis import strategies as st

from chaos.steady_state import Steady, is_calm, judge_steady, recovered_s
from scenarios.run.live_window import LiveWindow
from scenarios.run.outcomes import Outcome

NOW_S = 30.0
BEFORE = Steady(holds=True, evidence="", pulse_ratio=1.0, pulse_per_s=40)


@given(st.lists(st.integers(min_value=0, max_value=5000), min_size=12, max_size=12))
def test_the_rate_of_the_customers_does_not_matter(rates: list[int]) -> None:
    """Whatever the rate does, a state without failures and within its latency is steady."""
    assert judge_steady(live_window(NOW_S, rate=lambda second: rates[second % 12]), 2000).holds


@given(st.integers(min_value=0, max_value=2))
def test_one_or_two_failures_among_few_answers_prove_nothing(failures: int) -> None:
    """Tiny counts are tolerated: 2 of some hundred may well come from a ratio of 0.1 %."""
    seen = live_window(NOW_S, failures=lambda second: failures if second == 25 else 0)
    assert judge_steady(seen, 2000).holds


@given(st.integers(min_value=2, max_value=50), st.integers(min_value=20, max_value=2000))
def test_more_than_one_percent_of_failures_is_not_steady(percent: int, rate: int) -> None:
    """A real failure ratio refuses at any rate."""
    seen = live_window(NOW_S, rate=lambda _: rate, failures=lambda _: max(1, rate * percent // 100))
    assert not judge_steady(seen, 2000).holds


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (live_window(NOW_S, latency_ms=lambda second: 3000 if second > 26 else 10), "above its limit of 2000 ms"),
        (live_window(NOW_S, pulse=lambda second: 0 if second > 25 else 40), "the pulse went from"),
        (live_window(NOW_S, pulse=lambda _: 0), "too little is known"),
        (live_window(5.0), "too little is known"),
        (LiveWindow(NOW_S, (), (), {}), "too little is known"),
    ],
    ids=["slow at the end", "no answers at the end", "no pulse", "not long enough", "nothing"],
)
def test_what_is_not_steady_says_why(seen: LiveWindow, why: str) -> None:
    """A drill's refusal carries its figures."""
    steady = judge_steady(seen, 2000)
    assert not steady.holds
    assert why in steady.evidence


def test_refusals_are_correct_answers() -> None:
    """A sold-out campaign is steady."""
    assert judge_steady(live_window(NOW_S, good=Outcome.REFUSAL), 2000).pulse_ratio == 1.0


@pytest.mark.parametrize(
    ("bad", "recovered"),
    [
        (range(0), 0.5),
        (range(20, 23), 3.5),
        ([20, 21, 24], 5.5),
        (range(20, 30), None),
    ],
    ids=["felt nothing", "three seconds", "a relapse counts", "never"],
)
def test_recovery_is_the_first_second_from_which_the_window_holds(bad: list[int], recovered: float | None) -> None:
    """A first success is no recovery: all seconds of the window must be as before. The blow falls at 19.5 s."""
    seen = live_window(NOW_S, failures=lambda second: 40 if second in bad else 0)
    assert recovered_s(seen, 19.5, BEFORE, 4) == recovered


def test_silence_is_no_recovery() -> None:
    """Seconds without answers are not as before, though nothing failed in them."""
    seen = live_window(NOW_S, pulse=lambda second: 40 if second < 20 else 0)
    assert recovered_s(seen, 19.5, BEFORE, 4) is None


@pytest.mark.parametrize(
    ("since_s", "hold_s", "latency_ms", "calm"),
    [(15.0, 13.0, 10, True), (18.0, 13.0, 10, False), (10.0, 13.0, 10, True), (15.0, 13.0, 3000, False)],
    ids=["held for so long", "not yet", "since the bad second", "too slow"],
)
def test_calm_is_what_has_held_since_it_was_touched(since_s: float, hold_s: float, latency_ms: float, *, calm: bool) -> None:
    """From then on, not from the recovery on; and in time."""
    seen = live_window(
        NOW_S, failures=lambda second: 40 if second == 12 else 0, latency_ms=lambda second: latency_ms if second > 20 else 10
    )
    assert is_calm(seen, since_s, BEFORE, hold_s, 2000) is calm
