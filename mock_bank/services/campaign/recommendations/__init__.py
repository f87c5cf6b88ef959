"""Recommendations: slow to work out, so only a few at once, and a plain list for all others. They give way before anything that matters."""

NEEDS = ("claims",)
PLAN = ("P1-07", "P2-06")
