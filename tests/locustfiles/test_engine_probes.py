"""What is turned away because it was asked on purpose is a correct answer in the records, one of several at once too."""

from types import SimpleNamespace
from typing import Any

import pytest

from locustfiles.engine.journey_runner import JourneyRunner
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import CODE_IN_PROGRESS, CODE_NONE
from scenarios.target.operation_codec import Answer


@pytest.mark.parametrize(
    ("probe", "code", "kept"),
    [
        (Probe.TWIN, CODE_IN_PROGRESS, Outcome.REFUSAL),
        (Probe.NONE, CODE_IN_PROGRESS, Outcome.UNKNOWN),
        (Probe.TWIN, CODE_NONE, Outcome.UNKNOWN),
    ],
)
def test_a_twin_that_is_turned_away_is_no_failure(probe: Probe, code: int, kept: Outcome) -> None:
    """While the other is under way; an honest customer's is unknown, and so is what says nothing."""
    recorded: list[Outcome] = []
    recorder = SimpleNamespace(record=lambda _attempt, answer, _flags: recorded.append(answer.outcome))
    runner: Any = SimpleNamespace(_learn=lambda *_: None, _context=SimpleNamespace(recorder=recorder, spare_attempts=[]))
    attempt: Any = SimpleNamespace(probe=probe, status=409, flags=0)
    JourneyRunner.answered_one(runner, attempt, Answer(Outcome.UNKNOWN, code=code))
    assert recorded == [kept]
