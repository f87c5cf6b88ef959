"""Pop-ups: shown to a customer so often a day, and no more."""

NEEDS = ("basics", "campaigns", "idempotency")
PLAN = ("P3-03",)
