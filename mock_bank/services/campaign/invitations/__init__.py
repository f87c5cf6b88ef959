"""Invitations: who is invited by a code and then verified counts for the inviter; so many of them earn one coupon, once."""

NEEDS = ("basics", "campaigns", "claims", "idempotency")
PLAN = ("P2-11", "P4-08")
