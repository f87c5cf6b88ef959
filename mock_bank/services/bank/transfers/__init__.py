"""Transfers between customers' accounts."""

NEEDS = ("accounts", "basics", "customers", "idempotency", "ledger", "step_up")
PLAN = ("P1-01",)
