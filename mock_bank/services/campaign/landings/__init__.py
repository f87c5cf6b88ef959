"""Landing pages: what a link of some channel shows, and to which link a customer is owed."""

NEEDS = ("basics", "campaigns", "idempotency")
PLAN = ("P3-04", "P3-07", "P3-08", "P4-05", "P4-06", "P4-08")
