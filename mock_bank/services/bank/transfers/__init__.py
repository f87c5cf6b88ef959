"""Transfers between customers' accounts."""

NEEDS = ("accounts", "basics", "customers", "idempotency", "ledger")
PLAN = ("P1-01",)
