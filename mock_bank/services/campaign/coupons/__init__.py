"""Coupons: a granted claim is one; it is redeemed once, and its cash is paid by the bank."""

NEEDS = ("audit", "basics", "claims", "idempotency", "payouts", "suppliers")
PLAN = ("P1-08", "P4-10", "P4-12")
