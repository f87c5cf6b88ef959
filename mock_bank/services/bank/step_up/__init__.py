"""Proof of who somebody is beyond a password: telephones with a key of their own, logins by it, and challenges before large transfers."""

NEEDS = ("basics", "customers", "idempotency")
PLAN = ("P1-03",)
