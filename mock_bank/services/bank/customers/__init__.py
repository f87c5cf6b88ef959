"""Customers, enrolled with an account and an opening balance."""

NEEDS = ("accounts", "audit", "ledger")
