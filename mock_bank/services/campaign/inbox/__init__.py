"""The message centre: letters that wait in a customer's inbox, and are pushed to their phone once each, so many a day."""

NEEDS = ("basics", "campaigns", "idempotency")
PLAN = ("P3-01",)
