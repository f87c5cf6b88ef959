"""What a drill would touch, known without asking the target anything: `--dry-run`."""

from collections.abc import Iterator

from chaos.fault import Fault
from chaos.registry import drill_facts, plan_steps
from chaos.target_handles import given_handles
from scenarios.plan.observed import OBSERVED
from scenarios.plan.scenario import Scenario
from scenarios.target.model import Target


def intentions(plan: Scenario, target: Target) -> Iterator[str]:
    """What a drill's scenario would break, of what kind, when and through what, known without asking the target anything.

    Raises:
        BadInput: the drill's steps are amiss.
    """
    if plan.observed:
        yield f"{OBSERVED} on {target.name}, through no handle: nothing is broken by us"
        yield f"  customers come for {plan.lasts_s:g} s, and the pulse asks for {' and '.join(plan.pulse.operations if plan.pulse else [])}"
        yield f"  it must recover within {plan.observed.deadline:g} s of each outage, and hold for {plan.observed.window:g} s"
        return
    addresses = given_handles(target)
    for planned in plan.drills:
        facts = drill_facts(planned.drill)
        through = ", ".join(f"{name} ({addresses[name]})" for name in facts.access) if facts else "what its faults ask for"
        yield f"{planned.drill} on {target.name}, through {through or 'no handle'}"
        yield f"  hits: {facts.blast_radius}" if facts else "  it does not state what it hits"
        for number, step in enumerate(plan_steps(planned)):
            when = (
                f"{step.after_s:g} s after the step before it" if number else f"{plan.at_s(planned):g} s into the load, once that is steady"
            )
            back = "after the read-back" if step.lasts_s is None else f"{step.lasts_s:g} s later"
            yield f"  {when}: {step.fault.kind()} of {_hit(step.fault)}; taken back {back}"
    yield "nothing was touched: which process it would be is found out when it strikes"


def _hit(fault: Fault) -> str:
    """What a fault is set to, in its own words; where it has no settings, its scope."""
    told = [f"{name} {value}" for name, value in fault.model_dump(mode="json").items() if value not in ("", None, [])]
    return ", ".join(told) or str(fault.scope())
