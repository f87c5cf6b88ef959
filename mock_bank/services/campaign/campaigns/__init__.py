"""Campaigns with their activities: made, paused and resumed by the operator; open by the server's time."""

NEEDS = ("audit", "basics", "idempotency")
