"""Customers' tiers: who is new, who is gold, and who is neither; drawn by the run's seed, so that crowd and judge know the same of each."""

from typing import get_args

from pydantic import Field, model_validator

from scenarios.plan.arrival_curves import draws
from scenarios.strict import Strict
from scenarios.target.fields import TierName

TIERS: tuple[TierName, ...] = get_args(TierName)
STREAM_TIERS = 10  # one draw for each customer


class Tiers(Strict):
    """Shares of the population; who is neither is active."""

    new: float = Field(default=0.3, ge=0, le=1)
    gold: float = Field(default=0.1, ge=0, le=1)

    @model_validator(mode="after")
    def _of_all(self) -> "Tiers":
        if self.new + self.gold > 1:
            raise ValueError(f"new and gold make {self.new + self.gold:g} together; allowed: 1 at most")
        return self


def tiers_of(tiers: Tiers, seed: int, customers: int) -> list[TierName]:
    """Of all customers, by number."""
    drawn = draws(seed, STREAM_TIERS, 0, customers).tolist()
    return [_tier(tiers, draw) for draw in drawn]


def tier_of(tiers: Tiers, seed: int, number: int) -> TierName:
    """One customer's, by number; of many `tiers_of` is a thousand times as fast."""
    return _tier(tiers, float(draws(seed, STREAM_TIERS, number, 1)[0]))


def _tier(tiers: Tiers, draw: float) -> TierName:
    if draw < tiers.new:
        return "new"
    return "gold" if draw < tiers.new + tiers.gold else "active"
