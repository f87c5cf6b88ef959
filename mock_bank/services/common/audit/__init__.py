"""The audit: what an operator did, to what, and why."""

NEEDS = ("basics",)
