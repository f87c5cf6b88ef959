"""The robot: finds the entry of its book that is most like what was asked, and says so where none is like it."""

NEEDS = ("basics", "campaigns", "idempotency")
PLAN = ("P5-08", "P5-10")
