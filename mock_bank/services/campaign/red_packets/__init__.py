"""Red packets: an amount from the campaign's pool, opened once and paid by the bank."""

NEEDS = ("basics", "campaigns", "idempotency", "payouts")
PLAN = ("P4-04",)
