"""The SMS gateway takes every call and answers none."""

from chaos.dependency_drill import DependencyDrill, breaker_facts

PLAN = ("P1-05",)


class SmsBlackhole(DependencyDrill):
    """Nobody is told a code that has not been sent, nor sent two for one wish; the breakers toward it open, spare it, and close."""

    facts = breaker_facts("sms", "8 s")
    supplier, dial, value = "sms", "blackhole", 1.0
