"""Prepares a target before customers come: `python -m locustfiles.provision.prepare RUN_FOLDER enrol open`.

`enrol` makes the people of the run's population known to the target, `open` sets its campaign up around T0.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import orjson

from locustfiles.crowd.identities import Identities
from scenarios.client.http import HttpClient
from scenarios.errors import EXIT_USAGE, BadInput, StormdrillError, Untrusted
from scenarios.plan.campaign import prize_scopes
from scenarios.plan.tiers import tiers_of
from scenarios.run.enrolled import Enrolled, read_enrolled, write_enrolled
from scenarios.run.folder import Plan, Run, open_run
from scenarios.run.handover import PARENT_VARIABLE, ProcessStage, ProcessState, write_state
from scenarios.target.operation_codec import render_request
from scenarios.target.people import PREFIX, read_people
from scenarios.target.predicates import compile_predicate
from scenarios.target.preparation import ENROLLED, Step
from scenarios.target.responses import Response, compile_path
from scenarios.target.secrets import redacted, secret_scope
from scenarios.target.templates import JsonTemplate, Scope

STAGES = ("enrol", "open")
_ANSWER_S = 60
_SHOWN = 200
_READ = 2000
_POLL_S = 0.02
_OUT_OF_ORDER = 500
_NOTHING: Enrolled = MappingProxyType({})


def customer_scopes(plan: Plan, enrolled: Enrolled = _NOTHING) -> Iterator[Scope]:
    """For each customer the names that a step over customers may use, those included that earlier enrolments told."""
    identities, people = Identities(plan.seed), read_people(plan.target.data) if plan.target.data else None
    population = plan.scenario.population
    tiers = tiers_of(population.tiers, plan.seed, population.customers)
    for number in range(population.customers):
        facts = asdict(identities.identity(number))
        facts["customer"] = facts.pop("number")
        if people:
            facts |= {f"{PREFIX}{name}": people.value(number, name) for name in people.columns}
        facts |= {f"{ENROLLED}{name}": values[number] for name, values in enrolled.items()}
        facts["tier"] = tiers[number]
        yield facts | {"opening_balance_fen": population.opening_balance_fen}


def prepare(plan: Plan, stage: str, enrolled: Enrolled = _NOTHING) -> dict[str, list[object]]:
    """Sends all requests of a stage, in the file's order. Gives what customers' enrolments told, with what they have told before.

    Raises:
        BadInput: the target refuses one, or a template needs what is not known.
        StormdrillError: the target is not reached.
    """
    statics: dict[str, object] = {**plan.statics, **secret_scope(plan.target)}
    steps = plan.target.prepare.enrol if stage == "enrol" else plan.target.prepare.open
    told = {name: list(values) for name, values in enrolled.items()}
    with HttpClient(plan.target, statics, plan.pins) as client:
        for step in steps:
            paths = {name: compile_path(path) for name, path in step.extract.items()}
            found: dict[str, list[object]] = {name: [] for name in paths}
            for scope in _scopes(step, plan, statics, told):
                response = _send(client, step, plan, {**statics, **scope})
                for name, read in paths.items():
                    found[name].append(_extracted(read(response), name, step, scope, plan))
            told |= found
    return told


def _extracted(value: object, name: str, step: Step, scope: Scope, plan: Plan) -> object:
    """Raises BadInput where a customer's enrolment does not tell it."""
    if value is None:
        whose = f"{step.method} {step.path} for customer {scope['customer']}"
        raise BadInput(redacted(f"{whose}: extract {name}: there is nothing at {step.extract[name]} in the answer", plan.target))
    return value


def _scopes(step: Step, plan: Plan, statics: Mapping[str, object], told: Enrolled) -> Iterator[Scope]:
    """What each of a step's requests knows: nothing more, one customer or prize, or the list of a batch of them."""
    if step.over is None:
        yield {}
        return
    scopes: Iterable[Scope] = customer_scopes(plan, told) if step.over == "customers" else prize_scopes(plan.scenario, plan.target.items)
    if step.each is None:
        yield from scopes
        return
    source = iter(scopes)
    while batch := list(islice(source, step.batch)):
        yield {"list": _rendered(step, batch, statics)}


def _rendered(step: Step, batch: list[Scope], statics: Mapping[str, object]) -> list[orjson.Fragment]:
    each = JsonTemplate.of(step.each).bind(statics)
    return [orjson.Fragment(each.render(scope)) for scope in batch]


def _send(client: HttpClient, step: Step, plan: Plan, scope: Scope) -> Response:
    request = render_request(step, plan.target, scope)
    response = client.send(request, _ANSWER_S)
    if not compile_predicate(step.expect)(response):
        said = redacted(response.body[:_SHOWN].decode("utf-8", "replace").replace("\n", " "), plan.target)
        what = f"{request.method} {request.url} answered {response.status}, but {step.expect!r} is expected"
        kind = Untrusted if response.status >= _OUT_OF_ORDER else BadInput  # a system that is down is no mistake of the user's
        raise kind(redacted(f"{what}; it said: {said or 'nothing'}", plan.target))
    return response


def main(arguments: list[str]) -> int:
    """The command; returns its exit code. What is wrong it says in one sentence to the door, and on stderr."""
    folder, *stages = arguments or [""]
    if not stages or not set(stages) <= set(STAGES):
        sys.stderr.write("usage: python -m locustfiles.provision.prepare RUN_FOLDER enrol|open …\n")
        return EXIT_USAGE
    try:
        run = open_run(Path(folder))
    except StormdrillError as error:
        sys.stderr.write(f"stormdrill: {error}\n")
        return error.exit_code
    for stage in stages:
        state = _prepared(run, stage)
        write_state(run, f"prepare-{stage}", state)
        if state.failure:
            sys.stderr.write(f"stormdrill: {state.failure}\n")
            return state.exit_code
    return 0


def _prepared(run: Run, stage: str) -> ProcessState:
    try:
        enrolled = prepare(_t0_fixed(run) if stage == "open" else run.plan(), stage, read_enrolled(run))
        if enrolled and stage == "enrol":
            write_enrolled(run, enrolled)
    except StormdrillError as error:
        return ProcessState(stage=ProcessStage.ENDED, failure=str(error), exit_code=error.exit_code)
    return ProcessState(stage=ProcessStage.ENDED)


def _t0_fixed(run: Run) -> Plan:
    """The plan, as soon as T0 stands in it; whoever is to fix that must still be there."""
    door = os.environ.get(PARENT_VARIABLE, "")
    while not (plan := run.plan()).t0_monotonic_ns:
        if door and os.getppid() != int(door):
            raise StormdrillError("nobody is there any more who would fix T0")
        time.sleep(_POLL_S)
    return plan


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
