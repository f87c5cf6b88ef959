"""Refusals that say why, held against the books: no stock, no funds, claimed already, too early, over, wrong amount, and so on.

Whatever is not known speaks for the target. Times on its wall clock are trusted to CLOCK_TOLERANCE_MS.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from reports.measures.arrays import Floats, Objects, known, optional
from reports.measures.books import effect_of
from reports.measures.contradictions import CLOCK_TOLERANCE_MS, nth_grant_ms
from reports.measures.stock_rows import stock_rows
from scenarios.run.folder import Plan
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import NO_AMOUNT, REASONS, Records, answer_digest
from scenarios.target.effects import granted_terms
from scenarios.target.fields import TierName
from scenarios.target.templates import TextTemplate

_NAMES = {code: name for name, code in REASONS.items()}
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class FalseRefusal:
    """A refusal whose reason the books contradict."""

    operation_id: int
    sentence: str


@dataclass(frozen=True)
class Books:
    """What a refusal is held against."""

    plan: Plan
    t0_ms: float
    effects: pd.DataFrame
    stock: pd.DataFrame | None
    tier: Callable[[int], TierName]  # of a customer

    @cached_property
    def sold_out_ms(self) -> dict[int, tuple[str, float]]:
        """For the digest of each item: its name, and when it was first sold out; never, where some was left throughout."""
        if self.stock is None or not len(self.stock):
            return {}
        rows = stock_rows(self.stock, self.effects)
        found: dict[int, tuple[str, float]] = {}
        for row, ended in enumerate(rows.ended.tolist()):
            terms = granted_terms(rows.item[row], "" if rows.batch[row] is None else rows.batch[row])
            found[answer_digest(terms)] = terms, nth_grant_ms(self.effects, rows.item[row], rows.initial[row]) if ended else _NEVER
        return found

    @cached_property
    def first_ms(self) -> dict[bytes, float]:
        """When each business key had its first effect; minus infinite where its row does not say when."""
        business, at_ms = optional(self.effects, "business"), _times(self.effects)
        found: dict[bytes, float] = {}
        for key, moment in zip(business, at_ms.tolist(), strict=True):
            if key not in (None, ""):
                name = str(key).encode()[:40]
                found[name] = min(found.get(name, _NEVER), moment)
        return found

    @cached_property
    def at_ms_of(self) -> dict[bytes, float]:
        """When each effect happened, by its id as an ack has room for it."""
        ids = optional(self.effects, "id")
        return {str(name).encode()[:40]: moment for name, moment in zip(ids, _times(self.effects).tolist(), strict=True)}

    @cached_property
    def happened_ms(self) -> dict[tuple[str, int], list[float]]:
        """For each operation and customer when it happened to them."""
        found: dict[tuple[str, int], list[float]] = {}
        rows = zip(optional(self.effects, "op"), optional(self.effects, "customer"), _times(self.effects).tolist(), strict=True)
        for name, customer, moment in rows:
            if isinstance(customer, int):
                found.setdefault((str(name), customer), []).append(moment)
        return found

    @cached_property
    def debits(self) -> dict[str, list[tuple[float, int]]]:
        """For each account when how much left it."""
        found: dict[str, list[tuple[float, int]]] = {}
        rows = zip(optional(self.effects, "payer"), _times(self.effects).tolist(), optional(self.effects, "amount_fen"), strict=True)
        for payer, moment, fen in rows:
            if isinstance(payer, str) and payer and isinstance(fen, int):
                found.setdefault(payer, []).append((moment, fen))
        return found


def false_refusals(acks: Records, books: Books) -> list[FalseRefusal]:
    """Every honest refusal whose reason the books contradict."""
    told = acks[(acks["outcome"] == Outcome.REFUSAL) & (acks["probe"] <= Probe.FIRST) & np.isin(acks["code"], list(_NAMES))]
    return [FalseRefusal(int(ack["operation_id"]), sentence) for ack, sentence in _contradicted(told, books)]


def _contradicted(told: Records, books: Books) -> Iterator[tuple[np.void, str]]:
    for ack in told:
        reason = _NAMES[int(ack["code"])]
        problem = _JUDGES[reason](ack, books)
        if problem:
            name = books.plan.operations[int(ack["operation_index"])]
            yield ack, f"{name} {ack['business'].decode(errors='replace')} at {ack['done_ns'] / 1e9:.3f} s: {problem}"


def _sold_out(ack: np.void, books: Books) -> str:
    item, moment = books.sold_out_ms.get(int(ack["terms"]), ("", -_NEVER))
    if _done_ms(ack, books) >= moment - CLOCK_TOLERANCE_MS:
        return ""
    return f"told sold out while {item} was in stock" + (" throughout" if moment == _NEVER else "")


def _already(ack: np.void, books: Books) -> str:
    if not len(books.effects) or not known(optional(books.effects, "business")).any():
        return ""
    there = books.first_ms.get(bytes(ack["business"]), _NEVER) <= _done_ms(ack, books) + CLOCK_TOLERANCE_MS
    return "" if there else "told that it was done already, and it was not"


def _limit(ack: np.void, books: Books) -> str:
    """A limit is reached by something that was granted before; a day's cap by as many as it allows."""
    name = books.plan.operations[int(ack["operation_index"])]
    effect = effect_of(books.plan, name)
    if effect is None or effect.capped is None:
        return _already(ack, books)
    cap, until_ms = books.plan.scenario.campaign.daily_caps[effect.capped], _done_ms(ack, books) + CLOCK_TOLERANCE_MS
    before = sum(moment <= until_ms for moment in books.happened_ms.get((name, int(ack["customer"])), []))
    return f"told that the day's cap is reached, after {before} of {cap}" if before < cap else ""


def _insufficient(ack: np.void, books: Books) -> str:
    target = books.plan.target
    effect = effect_of(books.plan, books.plan.operations[int(ack["operation_index"])])
    if target.books is None or target.books.opening is None or effect is None or effect.moves is None or ack["asked_fen"] == NO_AMOUNT:
        return ""
    account = TextTemplate.of(target.books.account).render({"customer": int(ack["customer"])})
    until_ms = _done_ms(ack, books) + CLOCK_TOLERANCE_MS
    spent = sum(fen for moment, fen in books.debits.get(account, []) if moment <= until_ms)
    least = books.plan.scenario.population.opening_balance_fen - spent
    return f"told insufficient with {least} fen at least, for {ack['asked_fen']} fen" if least >= ack["asked_fen"] else ""


def _too_early(ack: np.void, books: Books) -> str:
    effect = effect_of(books.plan, books.plan.operations[int(ack["operation_index"])])
    late_ms = ack["sent_ns"] / 1e6 - books.plan.scenario.opens_s * 1000
    waits_for_bell = effect is not None and effect.grants is not None
    return f"told too early {late_ms / 1000:.1f} s after the bell" if waits_for_bell and late_ms > CLOCK_TOLERANCE_MS else ""


def _ended(ack: np.void, books: Books) -> str:
    effect, plan = effect_of(books.plan, books.plan.operations[int(ack["operation_index"])]), books.plan.scenario
    over_s = plan.ends_s - CLOCK_TOLERANCE_MS / 1000 if effect is not None and effect.grants is not None else math.inf
    within = ack["done_ns"] / 1e9 < min(over_s, plan.lasts_s + plan.drain)
    return "told that the campaign is over while it was on" if within else ""


def _amount(ack: np.void, books: Books) -> str:
    """The system's own word: who asks for what an answer has told him cannot have the amount wrong."""
    effect = effect_of(books.plan, books.plan.operations[int(ack["operation_index"])])
    told = {name for operation in books.plan.target.operations.values() for name in operation.extract}
    by_answer = effect is not None and effect.amount is not None and TextTemplate.of(effect.amount).placeholders <= told
    return f"told that the amount is wrong, for the {ack['asked_fen']} fen that the system itself had told" if by_answer else ""


def _expired(ack: np.void, books: Books) -> str:
    effect = effect_of(books.plan, books.plan.operations[int(ack["operation_index"])])
    quoted_ms = books.at_ms_of.get(bytes(ack["business"]), -_NEVER)
    if effect is None or effect.quoted is None:
        return ""
    left_s = (quoted_ms - _done_ms(ack, books)) / 1000 + effect.quoted.good_s
    return f"told that the quote has expired, {left_s:.1f} s before it did" if left_s > CLOCK_TOLERANCE_MS / 1000 else ""


def _changed(ack: np.void, books: Books) -> str:
    """Who asks for the version that is in force cannot be told that the rules have changed."""
    plan = books.plan
    effect = effect_of(plan, plan.operations[int(ack["operation_index"])])
    sent_s, done_s, version = ack["sent_ns"] / 1e9, ack["done_ns"] / 1e9, int(ack["asked_fen"])
    if effect is None or not effect.accepts_rules or version == NO_AMOUNT:
        return ""
    still = version == 1 and done_s < plan.scenario.rules_change_s - CLOCK_TOLERANCE_MS / 1000
    already = version > 1 and sent_s > plan.scenario.rules_change_s + CLOCK_TOLERANCE_MS / 1000
    return f"told that the rules have changed, and version {version} was in force" if still or already else ""


def _not_entitled(ack: np.void, books: Books) -> str:
    """By the customer's tier, which the system was told when they were enrolled."""
    effect = effect_of(books.plan, books.plan.operations[int(ack["operation_index"])])
    if effect is None or not effect.entitled:
        return ""
    tier = books.tier(int(ack["customer"]))
    return f"told that it is not for them, who are {tier}" if tier in effect.entitled else ""


_JUDGES: Mapping[str, Callable[[np.void, Books], str]] = {
    "sold_out": _sold_out,
    "insufficient": _insufficient,
    "already": _already,
    "limit": _limit,
    "too_early": _too_early,
    "ended": _ended,
    "amount": _amount,
    "expired": _expired,
    "changed": _changed,
    "not_entitled": _not_entitled,
}


def _done_ms(ack: np.void, books: Books) -> float:
    return float(books.t0_ms + ack["done_ns"] / 1e6)


def _times(effects: pd.DataFrame) -> Floats:
    """When each effect happened, on the target's wall clock; minus infinite where it does not say."""
    at_ms: Objects = optional(effects, "at_ms")
    found = np.full(len(at_ms), -_NEVER)
    there = known(at_ms)
    found[there] = at_ms[there].astype(float)
    return found
