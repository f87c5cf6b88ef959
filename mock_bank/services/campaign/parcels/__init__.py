"""Parcels: the thing that a tier's right is worth is sent, once, to the address that its customer has said."""

NEEDS = ("basics", "campaigns", "idempotency", "tier_rights")
PLAN = ("P4-01",)
