"""Budget buckets: what is granted from one is debited there, and the reserve is touched by an explicit release alone."""

NEEDS = ("audit", "basics", "campaigns", "idempotency")
PLAN = ("P4-07", "P4-09", "P4-14")
