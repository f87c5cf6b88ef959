"""A customer's tier, and the proof of it for others."""

NEEDS = ("customers",)
PLAN = ("P2-03", "P2-07")
