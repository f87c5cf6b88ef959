"""Targets and scenarios with drills, over the stand-in world."""

from scenarios.plan.scenario import Scenario
from scenarios.target.model import Target


def target() -> Target:
    """A target file over the stand-in world."""
    return Target.model_validate(
        {
            "name": "stand-in",
            "describe": "a world in small",
            "services": {"bank": {"base": "{url}"}},
            "operations": {"balance": {"service": "bank", "path": "/"}},
            "handles": {"topology": "{topology}"},
            "health": {
                "url": "{url}/state",
                "healthy": "$.healthy == true",
                "reason": "$.reason",
                "writers": "$.writers",
                "lag_ms": "$.lag_ms",
            },
            "events": {
                "url": "{url}/events",
                "kinds": {"detected": "detected", "promoted": "promoted", "rejoined": "rejoined"},
                "fields": {"kind": "$.kind", "monotonic_ns": "$.monotonic_ns", "seq": "$.seq", "database": "$.database"},
            },
        }
    )


def scenario(drill: str, *others: dict[str, object], **more: object) -> Scenario:
    """A scenario with one drill at 11 s, and others."""
    planned = [{"drill": drill, "at": "11 s", "deadline": "2 s", "window": "1 s", **one} for one in (more, *others)]
    phases = [{"name": "peak", "lasts": "60 s", "arrivals": "10/s"}]
    pulse = {"operations": ["balance"]}
    return Scenario.model_validate({"name": "s", "describe": "d", "phases": phases, "mix": {"j": 1}, "pulse": pulse, "drills": planned})
