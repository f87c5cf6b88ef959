"""What a server's silence proves, and when its standby may be called synchronous."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_bank.postgres.silence import Confirmation, ServerStatus, Silence

STEADY = ServerStatus(recovering=False, streaming=True, synchronous=True, written=100, flushed=100, reply_age_s=0.1)


@given(st.lists(st.floats(0, 60), max_size=30))
def test_silence_never_counts_more_than_was_listened(steps: list[float]) -> None:
    """A listener that was away for a minute has heard nothing, but has not listened for a minute either: 0.2 s count."""
    silence, now = Silence(), 0.0
    for step in [0.0, *steps]:
        now += step
        silence.tick(now)
    assert silence.silent_s <= min(sum(steps), 0.2 * len(steps)) + 1e-9


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_an_answer_ends_the_silence(answers: list[bool]) -> None:
    """Only the ticks since the last answer count."""
    silence, since = Silence(), 0
    silence.tick(0.0)
    for number, answered in enumerate(answers, 1):
        silence.tick(number * 0.1)
        since += 1
        if answered:
            silence.heard()
            since = 0
        assert silence.silent_s == pytest.approx(since * 0.1)


def test_confirmation_needs_two_looks_and_what_was_written_at_the_first() -> None:
    """The standby must have flushed what the primary had written when it was first seen synchronous."""
    confirmation = Confirmation()
    assert not confirmation.look(replace(STEADY, written=100, flushed=50))
    assert not confirmation.look(replace(STEADY, written=200, flushed=99))
    assert confirmation.look(replace(STEADY, written=300, flushed=100))


def test_confirmation_starts_anew_when_the_standby_was_away() -> None:
    """A standby that was lost between the two looks proves nothing."""
    confirmation = Confirmation()
    assert not confirmation.look(STEADY)
    assert not confirmation.look(replace(STEADY, reply_age_s=9.0))
    assert not confirmation.look(replace(STEADY, written=500, flushed=400))
    assert not confirmation.look(replace(STEADY, written=500, flushed=499))
    assert confirmation.look(replace(STEADY, written=500, flushed=500))
