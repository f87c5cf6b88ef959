"""Bundles: a loan coupon for a plan of automatic investment. The plan is the bank's, the coupon ours; a customer has both or neither."""

NEEDS = ("bank_calls", "basics", "campaigns", "claims", "idempotency")
PLAN = ("P2-08",)
