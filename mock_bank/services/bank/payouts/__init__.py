"""Payouts: what the campaign owes to customers, paid once per payout key whoever sends it."""

NEEDS = ("accounts", "basics", "customers", "internal_calls", "ledger")
