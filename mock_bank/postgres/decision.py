"""What is to be done next about who leads: a pure function of the term and of what is seen. Nothing here waits, asks or remembers.

The policy, in full:

- A leader whose process has ended, or that has been silent for too long, is lost: that begins a new term. Who leads in it is decided then,
  from what was known until then, and is not taken back, whatever goes wrong afterwards and however often.
- In durability `sync` only a standby that was synchronous at that moment leads next: any other may lack what was acknowledged, so the
  former leader leads again. In `async` any standby that followed in this term may lead: that is what asynchronous means.
- In a term first the former leader's processes are ended (fenced), all of them and for good, then the leader is asked what it is, and
  only then told what to become. An order that was given up may have been carried out, so after each of them the leader is asked again.
- A leader that does not answer, or does not become what it must, is ended and started again, and is given longer each time.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from mock_bank.postgres.term import Data, Term

Durability = Literal["sync", "async"]


class Step(Enum):
    """What can be done next."""

    FENCE_FORMER = auto()  # and close the gateway
    START = auto()
    RESTART = auto()  # end the leader, for it does not answer, or stays a standby
    ASK = auto()
    PROMOTE = auto()
    ESTABLISH = auto()  # have it take a write, then let the customers through
    NEW_TERM = auto()
    MIND_OTHER = auto()  # the leader is well: look after the other one


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of both servers, and of what has been done in this term."""

    alive: bool  # the leader's process runs
    frozen: bool  # the leader has been silent for too long
    fenced: bool = False  # the former leader's processes have been ended in this term
    recovering: bool | None = None  # what the leader said last, None where it must be asked (again)
    overdue: bool = False  # it was told to become the leader too long ago


def next_step(term: Term, sight: Sight) -> Step:
    """The one thing to do now."""
    if term.established:
        return Step.MIND_OTHER if sight.alive and not sight.frozen else Step.NEW_TERM
    if not sight.fenced:
        return Step.FENCE_FORMER
    if not sight.alive:
        return Step.START
    if sight.frozen or sight.overdue:
        return Step.RESTART
    if sight.recovering is None:
        return Step.ASK
    return Step.PROMOTE if sight.recovering else Step.ESTABLISH


def next_term(term: Term, other: str, durability: Durability, *, alive: bool, whole: bool, followed: bool, synchronous: bool) -> Term:
    """Who leads when the leader is lost: the other one, if it is sure to have everything, else the same again.

    Of the other one: whether its process is `alive` and nothing half done to it (`whole`), whether it has `followed` in this term, and
    whether all that was acknowledged is on it too (`synchronous`).
    """
    fit = alive and whole and term.other is Data.CLEAN and (synchronous if durability == "sync" else followed)
    return Term(
        number=term.number + 1,
        leader=other if fit else term.leader,
        former=term.leader,
        other=Data.DIVERGED if fit else term.other,
        hold_until_s=term.hold_until_s,
        released=term.released,
    )
