"""What a service reports of itself: how often each thing was done, and by how many customers."""

NEEDS = ("basics", "idempotency")
