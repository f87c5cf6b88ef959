"""Coupons: a granted claim is one; it is redeemed once, and its cash is paid by the bank."""

NEEDS = ("basics", "claims", "idempotency", "payouts", "suppliers")
