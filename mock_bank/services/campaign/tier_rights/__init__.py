"""Rights by tier: each has one, for its customers alone, once."""

NEEDS = ("basics", "campaigns", "idempotency", "memberships")
PLAN = ("P2-03",)
