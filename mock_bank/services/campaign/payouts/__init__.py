"""Payouts: what the campaign owes, noted in the effect's own transaction and paid by the bank exactly once."""

NEEDS = ("bank_calls", "basics", "campaigns")
PLAN = ("P2-12",)
