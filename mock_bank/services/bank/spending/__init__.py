"""What a customer has spent, and advice on their money: slow to work out, so only for a few at once, and for all others later."""

NEEDS = ("accounts", "basics", "ledger")
PLAN = ("P2-06",)
