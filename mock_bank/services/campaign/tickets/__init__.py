"""Tickets: complaints, appeals and what the robot could not answer; people respond to them, the oldest first."""

NEEDS = ("audit", "basics", "campaigns", "idempotency")
PLAN = ("P2-12", "P5-08", "P5-09")
