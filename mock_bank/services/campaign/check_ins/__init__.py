"""Check-ins: one a day by Shanghai's calendar; each earns a red packet, days in a row make a streak."""

NEEDS = ("basics", "campaigns", "idempotency", "red_packets")
PLAN = ("P3-06", "P4-04")
