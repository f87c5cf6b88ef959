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

import orjson

from locustfiles.crowd.identities import Identities
from scenarios.client.http import HttpClient
from scenarios.errors import EXIT_USAGE, BadInput, StormdrillError, Untrusted
from scenarios.plan.campaign import prize_scopes
from scenarios.run.folder import Plan, Run, open_run
from scenarios.run.handover import PARENT_VARIABLE, ProcessStage, ProcessState, write_state
from scenarios.target.model import Step
from scenarios.target.operation_codec import render_request
from scenarios.target.predicates import compile_predicate
from scenarios.target.secrets import redacted, secret_scope
from scenarios.target.templates import JsonTemplate, Scope

STAGES = ("enrol", "open")
_ANSWER_S = 60
_SHOWN = 200
_READ = 2000
_POLL_S = 0.02
_OUT_OF_ORDER = 500


def customer_scopes(plan: Plan) -> Iterator[Scope]:
    """For each customer the names that a step over customers may use."""
    identities = Identities(plan.seed)
    for number in range(plan.scenario.population.customers):
        facts = asdict(identities.identity(number))
        facts["customer"] = facts.pop("number")
        yield facts | {"opening_balance_fen": plan.scenario.population.opening_balance_fen}


def prepare(plan: Plan, stage: str) -> None:
    """Sends all requests of a stage, in the file's order.

    Raises:
        BadInput: the target refuses one, or a template needs what is not known.
        StormdrillError: the target is not reached.
    """
    statics: dict[str, object] = {**plan.statics, **secret_scope(plan.target)}
    steps = plan.target.prepare.enrol if stage == "enrol" else plan.target.prepare.open
    with HttpClient(plan.target, statics, plan.pins) as client:
        for step in steps:
            for batch in _batches(step, plan):
                _send(client, step, plan, {**statics, "list": _rendered(step, batch, statics)})


def _batches(step: Step, plan: Plan) -> Iterator[list[Scope]]:
    """The scopes of a step's requests; one empty batch where it is over nothing."""
    if step.over is None:
        yield []
        return
    scopes: Iterable[Scope] = customer_scopes(plan) if step.over == "customers" else prize_scopes(plan.scenario)
    source = iter(scopes)
    while batch := list(islice(source, step.batch)):
        yield batch


def _rendered(step: Step, batch: list[Scope], statics: Mapping[str, object]) -> list[orjson.Fragment]:
    each = JsonTemplate.of(step.each).bind(statics)
    return [orjson.Fragment(each.render(scope)) for scope in batch]


def _send(client: HttpClient, step: Step, plan: Plan, scope: Scope) -> None:
    request = render_request(step, plan.target, scope)
    response = client.send(request, _ANSWER_S)
    if not compile_predicate(step.expect)(response):
        said = redacted(response.body[:_SHOWN].decode("utf-8", "replace").replace("\n", " "), plan.target)
        what = f"{request.method} {request.url} answered {response.status}, but {step.expect!r} is expected"
        kind = Untrusted if response.status >= _OUT_OF_ORDER else BadInput  # a system that is down is no mistake of the user's
        raise kind(redacted(f"{what}; it said: {said or 'nothing'}", plan.target))


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
        prepare(_t0_fixed(run) if stage == "open" else run.plan(), stage)
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
