"""What customers were shown in their accounts, or told that suffices, against the opening balance and what moved by then."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import I64, Bools, column, known, optional
from reports.measures.books import account_template, effect_of
from reports.measures.shown_effects import Contradictions, looks
from scenarios.run.outcomes import Outcome
from scenarios.run.records import Records, answer_digest
from scenarios.target.views import BalanceView, FundsView

if TYPE_CHECKING:
    from reports.evidence import Evidence

_NEVER = np.iinfo(np.int64).max
APART_NS = 50_000_000
"""How far the clocks of two load processes may be apart."""


@dataclass(frozen=True, slots=True)
class Movements:
    """What went into an account, or out of it: arrays of one length."""

    fen: I64  # above zero: into it
    from_ns: I64  # since when it may be in the balance
    until_ns: I64  # since when it must be

    def must(self, moment_ns: int) -> Bools:
        """Those that are in the balance by then."""
        found: Bools = self.until_ns <= moment_ns
        return found

    def may(self, moment_ns: int) -> Bools:
        """Those that may be."""
        found: Bools = self.from_ns <= moment_ns
        return found


NONE = Movements(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


def balances(evidence: "Evidence") -> Contradictions:
    """Each balance that was shown.

    Raises:
        NotMapped: the target's file does not say whose account is whose, or what moves.
        NoEvidence: there are no effects to look at.
    """
    found, opening = Contradictions(), _opening_fen(evidence)
    for name, view, read in looks(evidence, BalanceView):
        if not len(read):
            continue
        moved = evidence.movements
        for customer, account in _own_accounts(evidence, read).items():
            reads = read[(read["customer"] == customer) & (read["subject"] == np.uint64(answer_digest(account)))]
            if len(reads):
                found.join(held_against(f"customer {customer}, {name}", reads, moved.get(account, NONE), view.stale_s, opening))
    return found


def funds(evidence: "Evidence") -> Contradictions:
    """Each time that a customer was told whether there is enough for what they are about to pay. Raises as `balances`."""
    found = Contradictions()
    opening = _opening_fen(evidence)
    if opening is None:
        return found  # what suffices is known only where it is known what stood there
    for name, view, read in looks(evidence, FundsView):
        own = _own_accounts(evidence, read)
        moved = evidence.movements if own else {}
        for told in read:
            account = own[int(told["customer"])]
            if answer_digest(account) != int(told["subject"]):
                continue
            found.held += 1
            by_ns, asked = int(told["sent_ns"]) - round(view.stale_s * 1e9), int(told["fen"])
            least, most = (opening + fen for fen in _span_fen(moved.get(account, NONE), by_ns, int(told["done_ns"])))
            who = f"customer {told['customer']}, {name} at {told['sent_ns'] / 1e9:.3f} s"
            if told["value"] and asked > most:
                found.stale.append(f"{who}: is told that there is enough for {asked} fen, there can be {most} at most")
            elif not told["value"] and asked <= least:
                found.stale.append(f"{who}: is told that there is not enough for {asked} fen, there must be {least} at least")
    return found


def _opening_fen(evidence: "Evidence") -> int | None:
    """What stood in each account before the run, where that is known."""
    books = evidence.plan.target.books
    return evidence.plan.scenario.population.opening_balance_fen if books and books.opening else None


def _own_accounts(evidence: "Evidence", read: Records) -> dict[int, str]:
    """The account of each customer who was shown something."""
    template = account_template(evidence.plan)
    return {customer: template.render({"customer": customer}) for customer in np.unique(read["customer"]).tolist()}


def movements(evidence: "Evidence") -> dict[str, Movements]:
    """The movements of the accounts of all who were shown anything, by this run's own effects. Raises as `balances`."""
    template, accounts = account_template(evidence.plan), set(_own_accounts(evidence, evidence.shown).values())
    reconciled, effects = evidence.reconciliation, evidence.table("effects")
    ops, amounts = column(effects, "op"), optional(effects, "amount_fen")
    payer, payee, customer = optional(effects, "payer"), optional(effects, "payee"), optional(effects, "customer")
    told = known(payer) & known(payee)
    found: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in np.flatnonzero(reconciled.owner >= 0).tolist():
        effect = effect_of(evidence.plan, ops[row])
        if effect is None or not (effect.moves or effect.pays):
            continue
        fen, key = amounts[row], int(reconciled.owner[row])
        if not isinstance(fen, int) or (effect.moves and not told[row]):
            raise NotMapped(f"the read-back's rows of {ops[row]} do not say between whom money moved, or how much")
        if effect.moves:
            for account, sum_fen in ((str(payer[row]), -fen), (str(payee[row]), fen)):
                if account in accounts:
                    own = template.render({"customer": int(reconciled.keys.customer[key])})
                    found[account].append((sum_fen, *_seen_by(*span(evidence, key, effect.settles_within_s), other=account != own)))
        if effect.pays and isinstance(customer[row], int) and (account := template.render({"customer": customer[row]})) in accounts:
            from_ns, until_ns = span(evidence, key, effect.settles_within_s)
            later = until_ns if until_ns == _NEVER else until_ns + round(effect.pays.within_s * 1e9)
            found[account].append((fen, *_seen_by(from_ns, later, other=True)))
    return {account: Movements(*(np.array(part, np.int64) for part in zip(*entries, strict=True))) for account, entries in found.items()}


def span(evidence: "Evidence", key: int, settles_within_s: float) -> tuple[int, int]:
    """Since when an effect may be there, and since when it must."""
    keys = evidence.reconciliation.keys
    if keys.outcome[key] != Outcome.SUCCESS:
        return int(keys.intended_ns[key]), _NEVER
    settling_ns = round(settles_within_s * 1e9) if keys.accepted[key] else 0
    return int(keys.intended_ns[key]), int(keys.ended_ns[key]) + settling_ns


def _seen_by(from_ns: int, until_ns: int, *, other: bool) -> tuple[int, int]:
    """The same on the clock of who reads, which may not be that of who has asked."""
    if not other:
        return from_ns, until_ns
    return from_ns - APART_NS, until_ns if until_ns == _NEVER else until_ns + APART_NS


def held_against(who: str, reads: Records, moved: Movements, stale_s: float, opening: int | None) -> Contradictions:
    """What a sum was shown to be, by the time of asking, against what moved; `opening` is what it was before, if that is known."""
    by_ns = reads["sent_ns"] - round(stale_s * 1e9)
    spans = [_span_fen(moved, int(by), int(done)) for by, done in zip(by_ns, reads["done_ns"], strict=True)]
    least, most = (np.array([span[end] for span in spans], np.int64) for end in (0, 1))
    found = Contradictions(held=len(reads))
    if opening is not None:
        wrong = np.flatnonzero((reads["value"] < opening + least) | (reads["value"] > opening + most))
        sums = [(int(row), opening + int(least[row]), opening + int(most[row])) for row in wrong]
    else:  # what stood in it must be the same sum for all that were read
        low, high = np.maximum.accumulate(reads["value"] - most), np.minimum.accumulate(reads["value"] - least)
        wrong = np.flatnonzero(low > high)[:1]
        sums = [(int(row), int(low[row - 1] + least[row]), int(high[row - 1] + most[row])) for row in wrong]
    for row, low_fen, high_fen in sums:
        span = f"{low_fen}" if low_fen == high_fen else f"{low_fen} to {high_fen}"
        found.stale.append(f"{who} at {reads['sent_ns'][row] / 1e9:.3f} s: reads {reads['value'][row]} fen, it must be {span} by then")
    for row in np.flatnonzero((least[1:] < most[1:]) & (reads["done_ns"][:-1] <= by_ns[1:])).tolist():
        if sentence := _goes_back(reads[row], reads[row + 1], (int(by_ns[row]), int(by_ns[row + 1])), moved):
            found.backwards.append(f"{who} at {reads['sent_ns'][row + 1] / 1e9:.3f} s: {sentence}")
    return found


def _span_fen(moved: Movements, by_ns: int, done_ns: int) -> tuple[int, int]:
    """The least and the most that movements may have made of a balance that was asked for and answered then."""
    must = moved.must(by_ns)
    free = moved.fen[moved.may(done_ns) & ~must]
    certain = int(moved.fen[must].sum())
    return certain + int(free[free < 0].sum()), certain + int(free[free > 0].sum())


def _goes_back(first: np.void, second: np.void, by_ns: tuple[int, int], moved: Movements) -> str:
    """What is wrong where a later balance lacks what the earlier one had in it; what must be in each is that of `by_ns`."""
    new = moved.must(by_ns[1]) & ~moved.may(int(first["done_ns"]))
    free = moved.fen[moved.may(int(second["done_ns"])) & ~moved.must(by_ns[0]) & ~new]
    certain, more = int(moved.fen[new].sum()), int(second["value"] - first["value"])
    if certain + int(free[free < 0].sum()) <= more <= certain + int(free[free > 0].sum()):
        return ""
    return f"reads {second['value']} fen, and had read {first['value']} at {first['sent_ns'] / 1e9:.3f} s"
