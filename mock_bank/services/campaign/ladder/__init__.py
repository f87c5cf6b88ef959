"""The task ladder: one rung after another, each once, each by a payment of its own, each with a red packet."""

NEEDS = ("basics", "campaigns", "idempotency", "receipts", "red_packets")
PLAN = ("P2-09",)
