"""Persons to speak with: a line for the hotline and one for video, each with its agents, who take whoever has waited longest."""

NEEDS = ("basics", "campaigns", "idempotency")
PLAN = ("P5-08",)
