"""The SMS gateway answers, and takes 0.7 s for it."""

from pydantic import Field

from chaos.dependency_drill import DependencyDrill, breaker_facts

PLAN = ("P1-05",)


class SmsSlow(DependencyDrill):
    """Nobody is told a code that has not been sent, nor sent two for one wish; the breakers toward it open, spare it, and close."""

    facts = breaker_facts("sms", "12 s")
    supplier, dial, value = "sms", "latency_ms", 700.0

    lasts_s: float = Field(default=13.0, gt=0, le=600, description="32 of 40 calls must have been slow, and it is called seldom")
