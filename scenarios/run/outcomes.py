"""The six outcomes of an attempt, what a success promises, and how attempts fold into one outcome of an operation."""

from collections.abc import Iterable
from enum import IntEnum


class Outcome(IntEnum):
    """What came of an attempt. Never mixed; the values are those in the records, so they stay."""

    SUCCESS = 1
    REFUSAL = 2  # a correct business answer: sold out, limit reached
    CHALLENGE = 3  # the risk engine wants more proof
    SHED = 4  # 429 or 503 with Retry-After, paused, breaker open
    FAILURE = 5  # a definite no
    UNKNOWN = 6  # it may have happened

    @property
    def label(self) -> str:
        """Lower-case name, as printed."""
        return self.name.lower()


CORRECT = (Outcome.SUCCESS, Outcome.REFUSAL)
"""Correct answers: what counts as goodput, and for the pulse."""

NO_ERROR = (*CORRECT, Outcome.CHALLENGE)
"""What Locust and the list of causes do not count as gone wrong: a question for more proof is an answer too."""

IN_ORDER = (*NO_ERROR, Outcome.SHED)
"""What a system in steady state answers: sending customers away as agreed is in order."""

ERRORS = (Outcome.FAILURE, Outcome.UNKNOWN)
"""What is none of these."""

RATIOS = {
    "success ratio": (Outcome.SUCCESS,),
    "refusal ratio": (Outcome.REFUSAL,),
    "shed ratio": (Outcome.SHED,),
    "failure ratio": (Outcome.FAILURE,),
    "unknown ratio": (Outcome.UNKNOWN,),
    "error ratio": ERRORS,
}
"""The outcomes that each ratio of the gates' language counts."""


class Promise(IntEnum):
    """What a success of an effectful operation promises."""

    NONE = 0  # a read
    ACCEPTED = 1  # 202: owes a terminal state within its time
    EFFECTED = 2  # it has happened


class Probe(IntEnum):
    """Why an attempt was sent on purpose that no honest customer sends."""

    NONE = 0
    FIRST = 1  # the honest first sending of a probed key
    REPLAY = 2  # same key, same body: the same answer is owed
    MISMATCH = 3  # same key, other body: 422 is owed
    MISSING = 4  # no key: 400 is owed
    FOREIGN = 5  # of what is another customer's: a refusal is owed, whichever
    TWIN = 6  # same key, same body, sent twice at the same instant: one effect, and one answer for whoever is told of it


ONE_EFFECT = (Probe.NONE, Probe.FIRST, Probe.REPLAY, Probe.TWIN)
"""Whose key may take effect, once."""


_FOLD_ORDER = (Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.REFUSAL, Outcome.CHALLENGE, Outcome.SHED, Outcome.FAILURE)
FOLD_RANK: dict[Outcome, int] = {outcome: rank for rank, outcome in enumerate(_FOLD_ORDER)}
"""Rank of each outcome when attempts of one idempotency key fold: the lowest rank wins."""


def fold(attempts: Iterable[Outcome]) -> Outcome:
    """Outcome of an operation from those of its attempts: success, else unknown, else the refusal, challenge, shed or failure.

    Raises:
        ValueError: there is no attempt.
    """
    return min(attempts, key=FOLD_RANK.__getitem__)
