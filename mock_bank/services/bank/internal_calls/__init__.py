"""Who of the bank's other services has called it: its side of their circuit breakers."""

NEEDS = ("basics",)
