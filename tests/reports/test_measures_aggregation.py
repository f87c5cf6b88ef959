"""Attempts become operations and keys as the rule says, in whatever order they come."""

from pathlib import Path
from uuid import UUID

import numpy as np
from handmade_plan import UNKNOWN
from handmade_stories import healthy
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import read_evidence
from reports.measures.aggregation import aggregate_keys, aggregate_operations
from scenarios.run.outcomes import Outcome, fold
from scenarios.run.records import ACK, FLAG_TIMEOUT, SAMPLE, operation_id

attempts = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(Outcome), st.integers(0, 5_000), st.integers(0, 5_000)), min_size=1, max_size=40
)


def _samples(story: list[tuple[int, Outcome, int, int]]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    made = np.zeros(len(story), SAMPLE)
    for place, (operation, outcome, begun_ms, took_ms) in enumerate(story):
        flags = FLAG_TIMEOUT if outcome is Outcome.UNKNOWN else 0
        made[place] = (begun_ms * 1_000_000, operation, 0, 0, took_ms * 1000, 0, 0, 0, 0, 0, outcome, place % 3 + 1, flags, 2)
    return made


@given(attempts, st.randoms())
def test_attempts_fold_as_the_rule_says_in_any_order(story: list[tuple[int, Outcome, int, int]], random: "np.random.Generator") -> None:
    """Outcome, first intent and final answer of each operation, against the definition by hand."""
    shuffled = list(story)
    random.shuffle(shuffled)
    for folded in (aggregate_operations(_samples(story)), aggregate_operations(_samples(shuffled))):
        assert folded.operation.tolist() == sorted({operation for operation, *_ in story})
        for place, operation in enumerate(folded.operation.tolist()):
            mine = [one for one in story if one[0] == operation]
            assert folded.outcome[place] == fold(outcome for _, outcome, _, _ in mine)
            begun = min(begun for *_, begun, _ in mine)
            assert folded.intended_ns[place] == begun * 1_000_000
            assert folded.latency_us[place] == (max(begun_ms + took for *_, begun_ms, took in mine) - begun) * 1000
            assert folded.attempts[place] == len(mine)
            assert folded.censored[place] == (fold(outcome for _, outcome, _, _ in mine) is Outcome.UNKNOWN)


@given(attempts)
def test_keys_fold_as_operations_do(story: list[tuple[int, Outcome, int, int]]) -> None:
    """A success counts from its first answer; anything else ends with its last attempt."""
    acks = np.zeros(len(story), ACK)
    for place, (key, outcome, begun_ms, took_ms) in enumerate(story):
        acks[place]["key_hi"], acks[place]["key_lo"] = 1, key
        acks[place]["sent_ns"], acks[place]["done_ns"] = begun_ms * 1_000_000, (begun_ms + took_ms) * 1_000_000 + 1
        acks[place]["outcome"], acks[place]["mark"], acks[place]["attempt"] = outcome, 2, place + 1
    keys = aggregate_keys(acks)
    assert keys.key_lo.tolist() == sorted({key for key, *_ in story})
    for place, key in enumerate(keys.key_lo.tolist()):
        mine = [one for one in story if one[0] == key]
        wanted = fold(outcome for _, outcome, _, _ in mine)
        assert keys.outcome[place] == wanted
        ends = [begun + took for _, outcome, begun, took in mine if wanted is not Outcome.SUCCESS or outcome is Outcome.SUCCESS]
        moment = min(ends) if wanted is Outcome.SUCCESS else max(ends)
        assert keys.ended_ns[place] == moment * 1_000_000 + 1


def test_intents_without_an_answer_count_as_unknown_operations(tmp_path: Path) -> None:
    """A load process that was killed leaves intents; what they asked for may have happened."""
    story = healthy(tmp_path / "run")
    story.ack("transfer.submit", operation_id(0, 60_000, 0), UUID(int=5 << 64 | 5), 40.0, None, 0, business="t:lost")
    evidence = read_evidence(story.write())
    unknown = evidence.operations.select(evidence.operations.operation == operation_id(0, 60_000, 0))
    assert len(unknown) == 1
    assert unknown.outcome.tolist() == [UNKNOWN]
    assert unknown.censored.tolist() == [True]
