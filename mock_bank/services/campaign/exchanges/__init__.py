"""Exchanges: points for goods that a supplier delivers, or the points back, once, where it cannot."""

NEEDS = ("basics", "campaigns", "idempotency", "points", "suppliers")
PLAN = ("P1-04", "P4-03")
