"""Know your customer: a customer's identity is verified once, and one person is one customer."""

NEEDS = ("basics", "customers", "idempotency")
PLAN = ("P2-11",)
