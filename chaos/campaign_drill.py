"""Drills of the campaign's kill switch (重大事件熔断)."""

from chaos.drill import DrillFacts

PAUSES = (
    "time to pause <= 10 s",
    "time to notice <= 10 s",
    "time to acknowledge <= 60 s",
    "grants after pause <= 0",
    # Of two tills that redeem one coupon at one moment one is turned away, which is about one redemption in eight.
    "success while paused >= 60 %",
    "trips <= 1",
    "resumes <= 0",
)
"""What is wanted of a switch that has to trip."""

_CUSTOMERS = {"flash-sale": 55.0, "ordinary-banking": 20.0, "check-in": 20.0, "idempotency-probe": 5.0}


def campaign_facts(hypothesis: str, *gates: str, deadline_s: float = 20.0) -> DrillFacts:
    """Facts of a drill over customers who claim, redeem and bank, with the switch armed; its pulse is banking, which nothing may touch."""
    return DrillFacts(
        domain="campaign",
        hypothesis=hypothesis,
        blast_radius="the campaign is paused until the run ends: no grants; redemption and banking go on",
        access=("topology",),
        gates=gates,
        customers=_CUSTOMERS,
        arrivals_per_s=18.0,
        deadline_s=deadline_s,
        kill_switch=True,
    )
