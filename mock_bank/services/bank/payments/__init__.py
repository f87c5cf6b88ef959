"""Payments to merchants, and their reversals."""

NEEDS = ("accounts", "basics", "idempotency", "ledger")
PLAN = ("P1-01", "P1-04")
