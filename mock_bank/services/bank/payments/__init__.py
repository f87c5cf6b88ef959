"""Payments to merchants, and their reversals."""

NEEDS = ("accounts", "basics", "idempotency", "ledger")
