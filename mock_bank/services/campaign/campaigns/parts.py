"""Parts of a campaign's plan that other features bring: a PART in their `campaign_part.py` makes its field in the plan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def _costs_nothing(_part: object) -> int:
    return 0


@dataclass(frozen=True)
class CampaignPart(Generic[T]):
    """A field of the plan; its type, its value where the plan says nothing, and the most cash that it can cost."""

    name: str
    kind: Any
    default: T
    cash_fen: Callable[[T], int] = _costs_nothing

    def of(self, plan: object) -> T:
        """This part of a plan that has been read."""
        part: T = getattr(plan, self.name)
        return part
