"""Whether the campaign's kill switch does what it is there for: a claim is refused while it is pulled, and granted once it is released."""

import time
from contextlib import suppress

from locustfiles.crowd.customer import ManualCustomer
from locustfiles.crowd.workload import prerequisites
from locustfiles.tryout.traced_client import TracedClient
from scenarios.client.http import Unreachable
from scenarios.errors import BadInput
from scenarios.run.outcomes import Outcome
from scenarios.target.model import KillSwitch
from scenarios.target.operation_codec import Answer, render_request
from scenarios.target.predicates import compile_predicate
from scenarios.target.request_encoder import KEY
from scenarios.target.request_template import RequestTemplate

_WITHIN_S = 10.0
_AGAIN_S = 0.2
_ANSWER_S = 5


def check_switch(client: TracedClient, customer: ManualCustomer, *, allowed: bool) -> None:
    """Pauses the campaign, claims, resumes it and claims again, where the operator allows that; `customer` has had nothing yet."""
    switch, claim = client.plan.target.kill_switch, claiming(client)
    if switch is None or claim is None:
        return
    client.say("\nkill switch", "bold")
    if not allowed:
        client.say("    not pulled: the operator's file does not say exercise_kill_switch: true, so nothing shows that it works", "yellow")
        return
    if not _ready(client, customer, claim):
        return
    try:
        _pull(client, switch.pause, switch, switch.paused, "pause")
        paused = _claim(client, customer, claim, "while the campaign is paused")
    finally:
        _pull(client, switch.resume, switch, switch.running, "resume")
    if paused.outcome not in (Outcome.REFUSAL, Outcome.SHED, Outcome.FAILURE):
        client.fault(f"kill switch: {claim} is no definite no while the campaign is paused: {paused.outcome.label}")
    resumed = _claim(client, customer, claim, "after it has been resumed")
    if resumed.outcome is not Outcome.SUCCESS:
        client.fault(f"kill switch: {claim} is not granted after the campaign was resumed: {resumed.outcome.label} ({resumed.cause})")


def claiming(client: TracedClient) -> str | None:
    """The operation that takes from the campaign's stock; None where the file maps none."""
    operations = client.plan.target.operations
    return next((name for name, operation in operations.items() if operation.effect and operation.effect.grants), None)


def _ready(client: TracedClient, customer: ManualCustomer, claim: str) -> bool:
    """Lets the customer ask for all that a claim needs."""
    try:
        for name in prerequisites(client.operations, [claim]):
            customer.session.learn(client.ask(name, _args(client, customer, name), customer.session).extracted)
    except BadInput as error:
        client.fault(f"kill switch: not pulled, for nobody can claim: {error}")
        return False
    return True


def _claim(client: TracedClient, customer: ManualCustomer, claim: str, purpose: str) -> Answer:
    return client.ask(claim, _args(client, customer, claim), customer.session, purpose)


def _args(client: TracedClient, customer: ManualCustomer, name: str) -> dict[str, object]:
    return {KEY: customer.shared.key_text(customer.new_key())} if client.operations[name].effectful else {}


def _pull(client: TracedClient, request: RequestTemplate, switch: KillSwitch, wanted: str, what: str) -> None:
    """Sends it, holds its answer against what it must say, and waits until the switch stands so."""
    target, statics = client.plan.target, client.statics
    holds, deadline = compile_predicate(wanted), time.monotonic() + _WITHIN_S
    try:
        answer = client.client.send(render_request(request, target, statics), _ANSWER_S)
    except Unreachable as error:
        client.fault(f"kill switch: {what}: {error}")
        return
    if not compile_predicate(switch.done)(answer):
        client.fault(f"kill switch: {what} answers {answer.status}, but {switch.done!r} is expected")
    while time.monotonic() < deadline:
        with suppress(Unreachable):
            if holds(client.client.send(render_request(switch.state, target, statics), _ANSWER_S)):
                client.say(f"    {what}: {wanted}", "green")
                return
        time.sleep(_AGAIN_S)
    client.fault(f"kill switch: {what}: {wanted!r} does not hold within {_WITHIN_S:g} s")
