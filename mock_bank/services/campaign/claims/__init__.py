"""Claims: a prize of an activity, within its window and caps, while there is stock."""

NEEDS = ("basics", "campaigns", "idempotency", "rules", "stock", "suppliers")
PLAN = ("P4-12",)
