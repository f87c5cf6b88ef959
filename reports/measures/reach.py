"""The warm-up's reach: by each channel, how often customers were to be shown something, how often they were, and how many of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.arrays import Bools
from reports.measures.books import effect_of
from reports.measures.phase_reviews import Review, phase_reviews
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Reach:
    """One channel's."""

    channel: str
    expected: int  # how often somebody was to see it
    shown: int
    customers: int
    customers_in_all: int  # when the whole run was over


@dataclass(frozen=True, slots=True)
class WarmUp:
    """All of the warm-up, and how many customers did anything in it."""

    customers: int
    channels: tuple[Reach, ...]


def warm_up_reach(evidence: "Evidence") -> WarmUp | None:
    """None where the run had no warm-up, or nobody was to be shown anything in it that the target's file maps."""
    keys, spans = evidence.keys, [evidence.plan.scenario.span(one.name) for one in phase_reviews(evidence) if one.review is Review.WARM_UP]
    at_s = keys.intended_ns / 1e9
    early = np.zeros(len(keys), bool)
    for start_s, end_s in spans:
        early |= (at_s >= start_s) & (at_s < end_s)
    channels = tuple(
        Reach(name, int((mine & early).sum()), int((shown & early).sum()), _people(evidence, shown & early), _people(evidence, shown))
        for name, mine in _channels(evidence)
        if (shown := mine & (keys.outcome == Outcome.SUCCESS)).any()
    )
    return WarmUp(_people(evidence, early), channels) if any(one.expected for one in channels) else None


def _channels(evidence: "Evidence") -> Iterator[tuple[str, Bools]]:
    """Pop-ups, letters that a phone is told of, codes that are sent, and links that are followed; what was asked for of each."""
    plan, op = evidence.plan, evidence.keys.op
    effects = {index: one for index, name in enumerate(plan.operations) if (one := effect_of(plan, name))}
    resting = {plan.operations[index] for index, one in effects.items() if one.proven}
    sent = {one.proven.by for one in effects.values() if one.proven} - resting
    of = {
        "pop-up": [index for index, one in effects.items() if one.capped == "popup"],
        "push": [index for index, one in effects.items() if one.letter == "pushed"],
        "SMS": [index for index in effects if plan.operations[index] in sent],
        "links that are followed": [index for index, one in effects.items() if one.credits],
    }
    for name, ops in of.items():
        yield name, np.isin(op, ops)


def _people(evidence: "Evidence", which: Bools) -> int:
    return len(np.unique(evidence.keys.customer[which]))
