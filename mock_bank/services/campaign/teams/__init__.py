"""Teams: customers join one, what they pay scores for it, and the best are listed."""

NEEDS = ("basics", "campaigns", "idempotency", "receipts")
PLAN = ("P2-10",)
