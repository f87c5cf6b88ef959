"""The lottery: a payment earns one chance, a chance is drawn once, by published odds, from a pool of prizes."""

NEEDS = ("basics", "campaigns", "claims", "idempotency", "receipts")
PLAN = ("P2-01", "P3-05")
