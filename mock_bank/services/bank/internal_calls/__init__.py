"""Who of the bank's other services has called it, its side of their circuit breakers; and a dial by which it errs toward them."""

NEEDS = ("basics",)
"""Noting a call."""
