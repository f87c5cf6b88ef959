"""Every mapped operation once, before any load: is it spoken and understood as the target's file says, and is its effect read back?

`python -m locustfiles.tryout.target_check RUN_FOLDER`
"""

import ast
import inspect
import sys
import time
from collections import ChainMap
from collections.abc import Iterable

from locustfiles.crowd.customer import Customer, ManualCustomer
from locustfiles.crowd.workload import UntoldName, arguments, load_journeys, prerequisites
from locustfiles.tryout.effects_made import Effect, effect_made, tell_unheld_face, worth_otherwise
from locustfiles.tryout.readback_check import AGAIN_S, TELLS_WITHIN_S, check_readback
from locustfiles.tryout.switch_check import check_switch
from locustfiles.tryout.traced_client import TracedClient, traced
from scenarios.errors import EXIT_USAGE, BadInput
from scenarios.harmless import clipped
from scenarios.plugins.given_names import given_names
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT
from scenarios.target.converters import split_path
from scenarios.target.operation_codec import Answer
from scenarios.target.people import ARGUMENTS
from scenarios.target.request_encoder import KEY
from scenarios.target.responses import Response, compile_path

PULLING, AS_PLANNED = "--pull-the-switch", "--as-planned"
"""The kill switch may be pulled; the campaign is a scenario's."""
_AMOUNT_FEN = 100


def check_target(client: TracedClient, *, pulling: bool = False, as_planned: bool = False) -> None:
    """Asks each operation once, pulls the kill switch where that is allowed, reads back, and says what journeys would miss."""
    order, untold = in_order(client)
    number = 2 * int(time.time()) % client.shared.customers  # a target that keeps its books knows who came the last times
    customer = ManualCustomer(client.shared, number, 0)
    made: list[Effect] = []
    for name in order:
        wanted = {need for other in order for need in client.operations[other].placeholders} & client.operations[name].outputs
        _check(client, customer, name, wanted, made, as_planned=as_planned)
    given = given_names()
    for need in untold:
        if need.name in given:
            client.say(f"    {need}; journeys give it, so try one of them", "yellow")
        else:
            client.fault(str(need))
    check_switch(client, ManualCustomer(client.shared, (number + 1) % client.shared.customers, 1 << 40), allowed=pulling)
    check_readback(client, made, as_planned=as_planned)
    _check_journeys(client)


def in_order(client: TracedClient) -> tuple[list[str], list[UntoldName]]:
    """Names of the operations, those first that tell what others need, the logout last; and what others need that nothing tells."""
    order: list[str] = []
    untold: dict[str, UntoldName] = {}
    logout = client.plan.target.session.logout if client.plan.target.session else None
    for name in sorted(client.operations, key=lambda name: (name == logout, client.operations[name].effectful, name)):
        try:
            before = prerequisites(client.operations, [name])
        except UntoldName as error:
            untold[str(error)] = error
            continue
        order += [each for each in (*before, name) if each not in order]
    return order, list(untold.values())


def _check(client: TracedClient, customer: Customer, name: str, wanted: set[str], made: list[Effect], *, as_planned: bool) -> None:
    """One operation. A read that does not tell yet what others need is asked again while something accepted may still come to its end."""
    codec = client.operations[name]
    given = arguments(customer, _AMOUNT_FEN) | {"face_fen": _AMOUNT_FEN}
    args = {key: value for key, value in given.items() if key in ARGUMENTS and not customer.knows(key)}
    if codec.effectful:
        args[KEY] = customer.shared.key_text(customer.new_key())
    deadline = time.monotonic() + TELLS_WITHIN_S
    while True:
        try:
            answer = client.ask(name, args, customer.session)
        except BadInput as error:
            client.say(f"\n    {name}", "bold")
            client.fault(f"{name}: {error}")
            return
        missing = [key for key in wanted if answer.extracted.get(key) is None and not customer.knows(key)]
        pending = not codec.effectful and any(effect.accepted for effect in made)
        if not missing or not pending or answer.outcome is not Outcome.SUCCESS or time.monotonic() > deadline:
            break
        time.sleep(AGAIN_S)
    _judge(client, name, answer)
    if codec.effect is not None and answer.outcome is Outcome.SUCCESS:
        made.append(effect_made(client, name, answer, ChainMap(args, customer.session), as_planned=as_planned))
        if as_planned:
            tell_unheld_face(client, name, answer)
    for sentence in worth_otherwise(client, name, answer, made):
        client.fault(sentence)
    customer.session.learn(answer.extracted)


def _judge(client: TracedClient, name: str, answer: Answer) -> None:
    if answer.outcome is not Outcome.SUCCESS:
        hint = "; if this customer has had it before, check again: another will come" if answer.outcome is Outcome.REFUSAL else ""
        client.fault(f"{name}: {answer.outcome.label} instead of success ({answer.cause}){hint}")
        return
    operation = client.plan.target.operations[name]
    for key, value in answer.extracted.items():
        if value is None and key not in {told for other, codec in client.operations.items() if other != name for told in codec.outputs}:
            client.fault(f"{name}: extract {key}: {_nothing_at(operation.extract[key], client.response)}")
    effect = operation.effect
    if effect and effect.id and not answer.digest:
        client.fault(f"{name}: effect id: {_nothing_at(effect.id, client.response)}")
    if effect and effect.shown and answer.shown_fen == NO_AMOUNT:
        client.fault(f"{name}: effect shown: {_nothing_at(effect.shown, client.response)}")


def _nothing_at(path: str, response: Response | None) -> str:
    """Why a path gives nothing: there is nothing, or what there is cannot be converted so."""
    plain, chain = split_path(path)
    value = compile_path(plain)(response) if response is not None and chain else None
    if value is None:
        return f"there is nothing at {path}"
    beyond = "; a number beyond 64 bits stays what it is, digit for digit, without |int" if "int" in (chain or "") else ""
    return f"at {plain} there is {clipped(str(value))}, of which |{chain} makes nothing{beyond}"


def _check_journeys(client: TracedClient) -> None:
    """Journeys that ask for what the target does not map cannot be in a mix."""
    client.say("\njourneys", "bold")
    for name, journey in load_journeys().items():
        asked = _operations_named_in(inspect.getsource(inspect.getmodule(journey) or journey))
        lacking = sorted(asked - set(client.operations))
        client.say(
            f"    {name}: " + (f"cannot be played, the target has no {', '.join(lacking)}" if lacking else "can be played"),
            "yellow" if lacking else "green",
        )


def _operations_named_in(source: str) -> set[str]:
    """Texts of the form `noun.verb` in a journey's file: operations are always named by such; but for what is asked where it is offered."""
    nodes = list(ast.walk(ast.parse(source)))
    texts = _texts(nodes) - _texts(
        argument for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "offered" for argument in node.args
    )
    return {text for text in texts if text.count(".") == 1 and text.replace(".", "").isidentifier() and text.islower()}


def _texts(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def main(arguments: list[str]) -> int:
    """The command; returns its exit code, as `traced`."""
    folder, *more = arguments or [""]
    if not folder or set(more) - {PULLING, AS_PLANNED}:
        sys.stderr.write(f"usage: python -m locustfiles.tryout.target_check RUN_FOLDER [{PULLING}] [{AS_PLANNED}]\n")
        return EXIT_USAGE
    return traced(folder, lambda client: check_target(client, pulling=PULLING in more, as_planned=AS_PLANNED in more))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
