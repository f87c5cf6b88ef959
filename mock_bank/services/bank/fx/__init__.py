"""Foreign money: a quote holds for a moment, and who deals in it has the sum that it showed."""

NEEDS = ("accounts", "basics", "idempotency", "ledger")
PLAN = ("P1-12",)
