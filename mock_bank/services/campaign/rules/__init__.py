"""The rules page: what a customer accepts is the version that is in force, and a grant names the one that it was granted under."""

NEEDS = ("basics", "campaigns", "idempotency")
PLAN = ("P2-12", "P3-02")
