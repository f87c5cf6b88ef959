"""A load that ends because its drill has recovered has shown the judge all that the judge asks for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story, ticks

from chaos.held_recovery import HeldRecovery
from reports.evidence import read_evidence
from scenarios.run.event_kinds import LoadSufficed
from scenarios.run.live_window import Tail

STRIKES_S = 20.0
LASTS_S = 42.0
PATHS = ("account.balance", "transfer.submit")

Took = Callable[[str, float], float]


def well_at_once(_path: str, _since_s: float) -> float:
    """In time, all of them."""
    return 20.0


def few_far_too_late_on_one_path(path: str, since_s: float) -> float:
    """Five writes in six seconds: two in a hundred of the writes, and one of both paths together."""
    return 2500.0 if path == "transfer.submit" and 0 <= since_s < 6.5 and since_s % 1.5 < 0.04 else 20.0


def writes_correct_and_not_in_time(path: str, since_s: float) -> float:
    """For four seconds: correct answers, and no good ones."""
    return 800.0 if path == "transfer.submit" and 0 <= since_s < 4 else 20.0


def both_slow_then_well(_path: str, since_s: float) -> float:
    """Who comes in the first three seconds waits for it to come back."""
    return max(20.0, (3 - since_s) * 1000) if since_s >= 0 else 20.0


def story(folder: Path, took: Took, ends_s: float) -> Story:
    """A pulse of 25 a second on each path, struck at 20 s, whose load suffices after so much of it."""
    made = Story(folder)
    made.scenario["slo"] = {"read_ms": 500, "effect_ms": 500}
    made.scenario["phases"] = [{"name": "steady", "lasts": LASTS_S, "arrivals": 10}]
    for at_s in ticks(0, ends_s, 25):
        for path in PATHS:
            made.ask(path, at_s, latency_ms=took(path, at_s - STRIKES_S), pulse=True)
    made.drill(STRIKES_S, deadline=8, p99_limit_ms=2000)
    if ends_s < LASTS_S:
        made.tell("door", ends_s, LoadSufficed())
    return made


@pytest.mark.parametrize(
    "took",
    [well_at_once, few_far_too_late_on_one_path, writes_correct_and_not_in_time, both_slow_then_well],
    ids=lambda took: str(took.__name__),
)
def test_whoever_ends_the_load_by_live_samples_leaves_the_judge_a_whole_window(tmp_path: Path, took: Took) -> None:
    """The load ends once the live samples say that it has held; the judge finds a recovery in it, and no bound."""
    whole = read_evidence(story(tmp_path / "whole", took, LASTS_S).write())
    recovery = HeldRecovery(whole.plan, whole.plan.scenario.drills[0], STRIKES_S)
    tail = Tail(tmp_path / "whole" / "samples")
    ends_s = next((tenth / 10 for tenth in range(int(STRIKES_S * 10), int(LASTS_S * 10)) if recovery.look(tail.update(tenth / 10))), None)
    assert ends_s is not None, "it never held, though the judge says that it has recovered"
    (by_the_whole,) = whole.recoveries
    (judged,) = read_evidence(story(tmp_path / "ended", took, ends_s).write()).recoveries
    assert not judged.rto_censored, f"ended at {ends_s} s: {judged.rto_s} s is a bound"
    assert judged.rto_s == by_the_whole.rto_s
    assert judged.felt_by_latecomers_s is not None
    assert ends_s <= STRIKES_S + judged.felt_by_latecomers_s + 10 + 3.1  # W, two seconds for answers, and the rest of a whole second
