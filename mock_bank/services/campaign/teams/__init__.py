"""Teams: customers join one, what they pay scores for it, the best are listed, and win when the contest is over."""

NEEDS = ("audit", "basics", "budgets", "campaigns", "claims", "idempotency", "receipts")
PLAN = ("P2-10",)
