"""The first-bind discount: a coupon for the first card that a customer binds, once for each customer and each card."""

NEEDS = ("basics", "budgets", "campaigns", "claims", "idempotency")
PLAN = ("P2-04",)
