"""Registration: a customer comes in by a code that was sent to their telephone. It is theirs alone, good for minutes, and good once."""

NEEDS = ("basics", "campaigns", "idempotency", "suppliers")
PLAN = ("P1-05",)
