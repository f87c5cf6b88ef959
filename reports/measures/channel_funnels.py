"""What became of the customers of each channel: who came by it, who did anything, who moved money, who was granted something."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.attributions import links
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class ChannelFunnel:
    """A channel's customers at each step; each step's are among those of the one before it, but for grants, which are among who acted."""

    channel: str
    came: int
    acted: int
    paid: int
    granted: int


def channel_funnels(evidence: "Evidence") -> list[ChannelFunnel]:
    """By the channel that the read-back owes each customer to, most customers first. Raises NotMapped and NoEvidence as `links`."""
    came: defaultdict[str, set[int]] = defaultdict(set)
    for name, link in links(evidence).items():
        came[name.partition("/")[0]].update(link.customers)
    acted, paid, granted = (_who(evidence, names) for names in _steps(evidence))
    found = [
        ChannelFunnel(channel, len(people), len(people & acted), len(people & acted & paid), len(people & acted & granted))
        for channel, people in came.items()
    ]
    return sorted(found, key=lambda one: (-one.came, one.channel))


def _steps(evidence: "Evidence") -> tuple[list[str], list[str], list[str]]:
    """Operations with an effect beside being owed to a link; those that move money; those that grant a thing or pay it out."""
    effects = {name: one for name in evidence.plan.operations if (one := effect_of(evidence.plan, name)) and not one.credits}
    paying = [name for name, one in effects.items() if one.moves]
    granting = [name for name, one in effects.items() if one.grants or one.pays or one.bucket]
    return list(effects), paying, granting


def _who(evidence: "Evidence", names: Iterable[str]) -> set[int]:
    """Customers who were told that one of these had succeeded."""
    keys = evidence.keys
    ops = [evidence.plan.operations.index(name) for name in names]
    return set(keys.customer[np.isin(keys.op, ops) & (keys.outcome == Outcome.SUCCESS)].tolist())
