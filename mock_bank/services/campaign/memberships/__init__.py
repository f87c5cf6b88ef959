"""The bank's proofs of customers' tiers."""

NEEDS = ()
