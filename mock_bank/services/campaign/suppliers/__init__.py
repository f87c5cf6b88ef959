"""The suppliers that the campaign depends on: each is called through a circuit breaker of its own."""

NEEDS = ("dependencies",)
