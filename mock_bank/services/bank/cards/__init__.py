"""Cards that customers bind: one card is one customer's, and its number is kept as a digest."""

NEEDS = ("basics", "idempotency", "kyc")
PLAN = ("P2-04",)
