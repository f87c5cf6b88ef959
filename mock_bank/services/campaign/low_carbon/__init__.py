"""Low-carbon points: for what is done without paper, so often a day and no more."""

NEEDS = ("basics", "campaigns", "idempotency", "receipts")
PLAN = ("P2-02",)
