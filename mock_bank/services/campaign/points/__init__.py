"""Points: earned by payments, twice as many inside a window; every gain and loss is an entry, and a balance is their sum."""

NEEDS = ("basics", "campaigns", "idempotency", "receipts")
PLAN = ("P1-04", "P4-02")
