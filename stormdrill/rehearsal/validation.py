"""What one file alone cannot know: whether the things that a scenario names are there."""

import re
from datetime import UTC, datetime
from pathlib import Path

from scenarios.errors import BadInput, choices
from scenarios.plan.campaign import campaign_statics, item_names
from scenarios.plan.gates import SubjectKind
from scenarios.plan.scenario import Scenario
from scenarios.plugins import CHECK, discover, modules
from scenarios.plugins.asked_operations import asked_operations
from scenarios.plugins.given_names import given_names
from scenarios.target.known_names import unknown_names
from scenarios.target.model import Target
from scenarios.target.named_places import named_in
from scenarios.target.part_checks import misfits
from scenarios.target.people import FACTS, read_people
from scenarios.target.sessions import sends_token
from scenarios.target.templates import TextTemplate

_MOST_PLACES = 8
_CAMPAIGN = re.compile(r"(?<!\{)\{(campaign\.\w+)")


def validate(scenario: Scenario, target: Target) -> None:
    """Checks every name in the scenario against the folders and the target.

    Raises:
        BadInput: one of them is not there; names what there is.
    """
    mixes = [scenario.mix, *(phase.mix or {} for phase in scenario.phases), *(surge.mix or {} for surge in scenario.surges)]
    wanted = [*mixes, *(segment.journeys for segment in scenario.crowd.segments)]
    _each(scenario, "journey", [name for names in wanted for name in names], list(discover("locustfiles/journeys", ".py")))
    _each(scenario, "drill", [drill.drill for drill in scenario.drills], list(discover("chaos/drills", ".py")))
    _each(scenario, "check", [waiver.check for waiver in scenario.waive], list(discover("reports/checks", ".py")))
    operations = sorted(target.operations)
    asked = [gate.subject for gate in scenario.parsed_gates if gate.about.kind is SubjectKind.OPERATIONS and gate.subject]
    _each(scenario, "operation", [*asked, *(scenario.pulse.operations if scenario.pulse else [])], operations)

    validate_target(scenario, target)


def validate_target(scenario: Scenario, target: Target) -> None:
    """Checks what the target's file says against the scenario, and against what journeys give.

    Raises:
        BadInput: something of it is not there, or is told by nobody; names the line, and those of whatever else is.
    """
    _people_and_prizes(scenario, target)
    _token_is_told(target)
    _campaign_is_known(scenario, target)
    _drills_are_there(target)
    found = (*unknown_names(target.model_dump(), given_names()), *misfits(target))
    if wrong := sorted((target.refusal(str(misfit), *misfit.loc) for misfit in found), key=lambda each: (str(each.path), each.line or 0)):
        raise BadInput(f"{wrong[0].what}{_besides(wrong)}", path=wrong[0].path, line=wrong[0].line)


def _besides(wrong: list[BadInput]) -> str:
    """Where else something is wrong, so that all of it can be mended at once."""
    first = wrong[0]
    places = dict.fromkeys(
        f"{Path(each.path).name}:{each.line}" for each in wrong if each.path and (each.path, each.line) != (first.path, first.line)
    )
    shown = ", ".join(list(places)[:_MOST_PLACES])
    return f"; there is more to mend at {shown}{', …' if len(places) > _MOST_PLACES else ''}" if places else ""


def unread(scenario: Scenario, target: Target) -> list[str]:
    """What the scenario's checks need and the target's read-back does not have: a sentence each, with what to add or to waive."""
    waived = {waiver.check for waiver in scenario.waive}
    there = {source.role for source in target.readback.tables.values()} if target.readback else set()
    said: list[str] = []
    for name, check in modules(CHECK):
        missing = [role for role in getattr(check, "READS", ()) if role not in there]
        if missing and name not in waived:
            said.append(
                f"{name} will prove nothing: {target.name} reads back no {' and no '.join(missing)}; add a table with role: {missing[0]}, "
                f"or to {scenario.name} waive: [{{check: {name}, reason: …}}]"
            )
    return said


def unplayable(scenario: Scenario, target: Target) -> list[str]:
    """Journeys of the mix that ask for what the target does not map: a sentence each, with what they lack."""
    mixes = [scenario.mix, *(phase.mix or {} for phase in scenario.phases), *(surge.mix or {} for surge in scenario.surges)]
    played = sorted({name for mix in mixes for name, weight in mix.items() if weight})
    asked = asked_operations()
    return [
        f"the journey {name} breaks where it asks for {', '.join(lacking)}, which {target.name} does not map; "
        f"map {'it' if len(lacking) == 1 else 'them'}, or leave {name} out of the mix of {scenario.name}"
        for name in played
        if (lacking := sorted(asked.get(name, frozenset()) - target.operations.keys()))
    ]


def _people_and_prizes(scenario: Scenario, target: Target) -> None:
    """Those who exist already are as many as are to come, and each prize has its name."""
    try:
        item_names(scenario.campaign.prizes, target.items)
    except BadInput as error:
        raise target.refusal(error.what, "items") from None
    if target.data and (rows := len(read_people(target.data).rows)) < scenario.population.customers:
        raise BadInput(
            f"has {rows:,} rows, and the scenario {scenario.name} has {scenario.population.customers:,} customers, who need one each; "
            "add rows, or let fewer customers come (population: {customers: …})",
            path=target.data.file,
        )


def _token_is_told(target: Target) -> None:
    """What operations are authorised by is told by one of them, or is known to every customer."""
    authorised = [name for name, operation in target.operations.items() if operation.authorised]
    told = FACTS.union(*(operation.extract for operation in target.operations.values()))
    sent = TextTemplate.of(target.authorisation.value).placeholders if authorised and sends_token(target) else frozenset()
    for name in sorted(sent - told):
        if "." not in name:
            said = ("authorisation",) if "authorisation" in target.model_fields_set else ("operations", authorised[0])
            raise target.refusal(
                f"{authorised[0]} is sent with {{{name}}}, which no operation tells; extract it from a login's answer, or say "
                "authorised: false beside what is asked without, or that the session is a cookie (session: {cookie: …})",
                *said,
            )


def _campaign_is_known(scenario: Scenario, target: Target) -> None:
    """What the target's file names of the campaign is something that a campaign has."""
    known = campaign_statics(scenario, datetime.now(UTC))
    for place, name in named_in(target.model_dump(exclude={"world"}), _CAMPAIGN):
        if name not in known:
            where = ".".join(map(str, place))
            raise target.refusal(f"{where} names {{{name}}}, which no campaign has; {choices(name, sorted(known))}", *place)


def _drills_are_there(target: Target) -> None:
    """A drill that cannot be performed on the target is one."""
    there = list(discover("chaos/drills", ".py"))
    for name in target.failover.cannot:
        if name not in there:
            raise target.refusal(f"there is no drill {name!r}; {choices(name, there)}", "failover", "cannot", name)


def _each(scenario: Scenario, kind: str, names: list[str], there: list[str]) -> None:
    for name in names:
        if name not in there:
            raise BadInput(f"scenario {scenario.name}: there is no {kind} {name!r}; {choices(name, there)}")
