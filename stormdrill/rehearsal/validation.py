"""What one file alone cannot know: whether the things that a scenario names are there."""

from difflib import get_close_matches

from scenarios.errors import BadInput
from scenarios.plan.gates import SubjectKind
from scenarios.plan.scenario import Scenario
from scenarios.plugins import discover
from scenarios.target.model import Target


def validate(scenario: Scenario, target: Target) -> None:
    """Checks every name in the scenario against the folders and the target.

    Raises:
        BadInput: one of them is not there; names what there is.
    """
    mixes = [scenario.mix, *(phase.mix or {} for phase in scenario.phases)]
    _each(scenario, "journey", [name for mix in mixes for name in mix], list(discover("locustfiles/journeys", ".py")))
    _each(scenario, "drill", [drill.drill for drill in scenario.drills], list(discover("chaos/drills", ".py")))
    _each(scenario, "check", [waiver.check for waiver in scenario.waive], list(discover("reports/checks", ".py")))
    operations = sorted(target.operations)
    asked = [gate.subject for gate in scenario.parsed_gates if gate.about.kind is SubjectKind.OPERATIONS and gate.subject]
    _each(scenario, "operation", [*asked, *(scenario.pulse.operations if scenario.pulse else [])], operations)


def _each(scenario: Scenario, kind: str, names: list[str], there: list[str]) -> None:
    for name in names:
        if name not in there:
            close = get_close_matches(name, there, 1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise BadInput(f"scenario {scenario.name}: there is no {kind} {name!r}; {hint}there are: {', '.join(there)}")
