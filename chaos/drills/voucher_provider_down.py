"""The voucher supplier does what it is asked and answers nothing; customer service redeems by hand until it is well."""

from chaos.dependency_drill import SOON_FOR_FEW_CALLS, DependencyDrill, breaker_gates, dependency_facts

PLAN = ("P1-08", "P4-10")


class VoucherProviderDown(DependencyDrill):
    """What it did without a word is not done again by hand: nobody knows that it did it, until it is asked once more under the same key."""

    facts = dependency_facts(
        "voucher",
        "Coupons are redeemed by hand soon after the supplier falls silent, and with it again when it is well; each is redeemed once.",
        *breaker_gates("8 s", SOON_FOR_FEW_CALLS),
        "time to another way <= 10 s",
    )
    supplier, dial, value = "voucher", "unanswered", 1.0
    lasts_s: float = 15.0
