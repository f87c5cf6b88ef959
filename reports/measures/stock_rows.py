"""How many of each prize there were and how many are left, by as much as the read-back tells of it."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.measures.arrays import Bools, Floats, Objects, optional


@dataclass(frozen=True, slots=True)
class StockRows:
    """The rows of the stock, side by side. A figure that cannot be told is NaN."""

    item: Objects
    batch: Objects
    initial: Floats
    replenished: Floats
    left: Floats

    @property
    def ended(self) -> Bools:
        """Where a prize may have been sold out at some time: none is left, it was replenished since, or nobody can tell."""
        found: Bools = ~(self.left > 0) | (self.replenished > 0)
        return found


def stock_rows(stock: pd.DataFrame, effects: pd.DataFrame) -> StockRows:
    """The stock as far as it is told; never raises.

    What is left is as its rows say; where they do not, what was there less what was granted, by their own count, else by the effects'.
    """
    item, initial, replenished = optional(stock, "item"), counts(stock, "initial"), counts(stock, "replenished")
    replenished = np.where(np.isnan(replenished), 0, replenished)
    granted = counts(stock, "granted")
    if np.isnan(granted).any():
        rows = Counter(str(name) for name in optional(effects, "item") if name is not None)
        granted = np.where(np.isnan(granted), np.array([rows.get(str(name), 0) for name in item], float), granted)
    remaining = counts(stock, "remaining")
    left = np.where(np.isnan(remaining), initial + replenished - granted, remaining)
    return StockRows(item, optional(stock, "batch"), initial, replenished, left)


def counts(frame: pd.DataFrame, name: str) -> Floats:
    """A column of whole numbers, NaN where a row tells none."""
    return np.array([_count(value) for value in optional(frame, name)], float)


def _count(value: object) -> float:
    text = str(value)
    whole = not isinstance(value, bool) and text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19  # noqa: PLR2004 - 64 bits
    return float(text) if whole else np.nan
