"""The stock of prizes, in shards, so that as many claims can commit at a time."""

NEEDS = ("audit", "basics", "campaigns", "idempotency")
PLAN = ("P4-11", "P4-12")
