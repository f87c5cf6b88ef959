"""Refusals without a reason, which the read-back contradicts: stock was left throughout."""

import numpy as np
import pandas as pd

from reports.measures.arrays import U64, Floats, known, optional
from reports.measures.stock_rows import stock_rows
from scenarios.run.folder import Plan
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import CODE_NONE, Records

CLOCK_TOLERANCE_MS = 1000.0
"""How far the target's wall clock and the generator's may be apart without a refusal looking wrong."""


def contradicted(acks: Records, effects: pd.DataFrame, stock: pd.DataFrame, plan: Plan, t0_ms: float) -> U64:
    """Ids of operations that take from stock and were refused although nothing the read-back shows allows it.

    What allows a refusal: the sale was not open yet, or over; the same business key has its effect already; or some prize was sold out by
    then (which one a customer wanted is not in the records, so one is enough). Whatever is not known speaks for the target.
    """
    ops = [index for index, name in enumerate(plan.operations) if name in stock_operations(plan, effects)]
    refused = acks[np.isin(acks["operation_index"], ops) & (acks["outcome"] == Outcome.REFUSAL) & (acks["probe"] <= Probe.FIRST)]
    refused = refused[refused["code"] == CODE_NONE]
    if not len(refused) or not len(stock):
        return np.empty(0, np.uint64)
    done_ms = t0_ms + refused["done_ns"] / 1e6
    too_early = done_ms < t0_ms + plan.scenario.opens_s * 1000 + CLOCK_TOLERANCE_MS
    over = done_ms >= t0_ms + plan.scenario.ends_s * 1000 - CLOCK_TOLERANCE_MS
    sold_out = done_ms >= first_sold_out_ms(effects, stock) - CLOCK_TOLERANCE_MS
    has_it = np.isin(refused["business"], business_keys(effects))
    found: U64 = np.unique(refused["operation_id"][~(too_early | over | sold_out | has_it)])
    return found


def business_keys(effects: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.bytes_]]":
    """Business keys of the effects, cut to the length that an ack has room for."""
    values = optional(effects, "business")
    return np.array([str(value).encode() for value in values[known(values)]], dtype="S40")


def stock_operations(plan: Plan, effects: pd.DataFrame) -> set[str]:
    """Names of the operations whose effects take something from stock: their rows in the read-back name an item."""
    sources = plan.target.readback.tables.values() if plan.target.readback else ()
    mapped = {
        source.fields["op"].strip("'")
        for source in sources
        if source.role == "effects" and "item" in source.fields and "op" in source.fields
    }
    named = known(optional(effects, "item"))
    return mapped | {str(op) for op in optional(effects, "op")[named]}


def first_sold_out_ms(effects: pd.DataFrame, stock: pd.DataFrame) -> float:
    """When the first prize was sold out, on the target's wall clock: infinite if none was, minus infinite if it cannot be told."""
    rows = stock_rows(stock, effects)
    return min((nth_grant_ms(effects, rows.item[row], rows.initial[row]) for row in np.flatnonzero(rows.ended)), default=np.inf)


def nth_grant_ms(effects: pd.DataFrame, item: object, count: float) -> float:
    """When the `count`-th of an item was granted; minus infinite where the effects do not tell, or `count` is not known."""
    at_ms = optional(effects, "at_ms")[optional(effects, "item") == item]
    times: Floats = np.sort(at_ms[known(at_ms)].astype(np.float64))
    return float(times[int(count) - 1]) if 0 < count <= len(times) else -np.inf
