"""Compensation: a small coupon for whoever has complained and was heard, once for each person and incident."""

NEEDS = ("basics", "budgets", "campaigns", "claims", "idempotency", "tickets")
PLAN = ("P4-13",)
