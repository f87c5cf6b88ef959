"""Collections: a merchant's order is paid to their account, once whoever scans it, and stands in their statement of the day."""

NEEDS = ("accounts", "basics", "customers", "idempotency", "ledger")
PLAN = ("P1-02", "P1-11")
