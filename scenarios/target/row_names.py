"""Our names for the fields of rows that are read back, by the role of a table: what the judge looks for. A row may have others."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

_KNOWN: Mapping[str, str] = {
    "effects": "op key customer item batch window amount_fen payer payee state id at_ms site inviter points ref answered_ms pays_by team "
    "source slot rung letter rules category line day streak",
    "stock": "item batch initial replenished granted remaining face_fen",
    "ledger": "txn account debit_fen credit_fen at_ms",
    "accounts": "account owner balance_fen",
    "payouts": "ref customer amount_fen state at_ms",
    "windows": "window opens_ms closes_ms cap pool_fen least_fen most_fen",
    "audit": "actor action at_ms",
    "rewards": "kind customer amount_fen id at_ms",
    "points": "kind customer points ref id at_ms",
    "teams": "team score members",
    "sources": "source customers",
    "plans": "ref customer",
    "statements": "account orders total_fen",
    "kpis": "op done customers",
    "beacons": "kind seen",
    "budgets": "bucket limit_fen spent_fen released_fen",
    "calls": "dependency caller did sent_ns op ref amount_fen business units",
    "orders": "id item batch units remaining went window_ms at_ms gone_ms asked state ended_ms",
}
_NEAR = 0.8


def meant(name: str, role: str, there: Collection[str]) -> str | None:
    """The name of ours that a row's field is nearly called, where that is not there itself; None where it is ours, or like none."""
    known = _KNOWN.get(role, "").split()
    if name in known:
        return None
    close = get_close_matches(name, [each for each in known if each not in there], 1, _NEAR)
    return close[0] if close else None
