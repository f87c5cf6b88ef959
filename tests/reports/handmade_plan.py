"""The plan that runs written by hand have, unless their story changes it."""

from datetime import datetime

from scenarios.run.event_kinds import LoadFinished, LoadHealth
from scenarios.run.outcomes import Outcome

T0_NS = 5_000_000_000_000
T0_WALL = "2026-11-22T10:00:00.000+08:00"
T0_MS = round(datetime.fromisoformat(T0_WALL).timestamp() * 1000)
SUCCESS, REFUSAL, SHED, FAILURE, UNKNOWN = Outcome.SUCCESS, Outcome.REFUSAL, Outcome.SHED, Outcome.FAILURE, Outcome.UNKNOWN

EFFECT_FIELDS = {name: f"$.{name}" for name in ("key", "customer", "amount_fen", "state", "id", "at_ms", "business")}


def source(role: str, **fields: str) -> dict[str, object]:
    """A table of the read-back, mapped."""
    return {"role": role, "service": "bank", "path": f"/{role}", "fields": fields}


TARGET: dict[str, object] = {
    "name": "handmade",
    "describe": "Nobody answers here: the runs are written by hand.",
    "services": {"bank": {"base": "http://127.0.0.1:9"}},
    "operations": {
        "account.balance": {"service": "bank", "path": "/balance"},
        "campaign.get": {"service": "bank", "path": "/campaign"},
        "claim.submit": {"service": "bank", "method": "POST", "path": "/claims", "effect": {"business": "{customer}"}},
        "redpacket.open": {"service": "bank", "method": "POST", "path": "/redpackets", "effect": {"business": "{customer}"}},
        "transfer.submit": {"service": "bank", "method": "POST", "path": "/transfers", "effect": {"business": "{customer}"}},
    },
    "readback": {
        "tables": {
            "grants": source("effects", op="'claim.submit'", item="$.item", batch="$.batch", window="$.window", **EFFECT_FIELDS),
            "redpackets": source("effects", op="'redpacket.open'", **EFFECT_FIELDS),
            "transfers": source("effects", op="'transfer.submit'", **EFFECT_FIELDS),
            "stock": source("stock", item="$.item"),
            "ledger": source("ledger", txn="$.txn"),
            "accounts": source("accounts", account="$.account"),
            "windows": source("windows", window="$.window"),
        }
    },
}
SCENARIO: dict[str, object] = {
    "name": "handmade",
    "describe": "A run written by hand.",
    "target": "handmade",
    "seed": 7,
    "phases": [{"name": "warm-up", "lasts": 10, "arrivals": 10}, {"name": "peak", "lasts": 50, "arrivals": 20}],
    "mix": {"flash-sale": 1},
    "pulse": {"operations": ["account.balance", "transfer.submit"], "rate": 20},
    "gates": [],
}
OPERATIONS = ["account.balance", "campaign.get", "claim.submit", "redpacket.open", "transfer.submit"]
EFFECTFUL = {"claim.submit": "grants", "redpacket.open": "redpackets", "transfer.submit": "transfers"}

HEALTH = LoadHealth(
    cpu_share=0.2,
    lag_ms=0.2,
    lag_max_ms=0.4,
    stall_ms=3.0,
    in_flight=2,
    customers=10,
    connection_queue=0,
    run_delay_share=0.02,
    gc_ms=0.0,
    wall_step_ms=0.001,
    slept_ms=0.0,
)
FINISHED = LoadFinished(offered=0, sent=0, not_sent=0, unsent=0, arrivals=0, cancelled=0, late_s=-1.0, cpu_s=5.0)


def health(**told: float) -> LoadHealth:
    """A second of a load process that is well but for what is told."""
    return HEALTH.model_copy(update=told)


def finished(**told: object) -> LoadFinished:
    """The end of a load process to which nothing happened but what is told."""
    return FINISHED.model_copy(update=told)
