"""Every mapped operation once, before any load: is it spoken and understood as the target's file says, and is its effect read back?

`python -m locustfiles.tryout.target_check RUN_FOLDER`
"""

import ast
import inspect
import random
import sys
import time
from collections import ChainMap
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from locustfiles.crowd.customer import Customer, ManualCustomer
from locustfiles.crowd.workload import ARGUMENTS, load_journeys, prerequisites
from locustfiles.tryout.traced_client import TracedClient, traced
from scenarios.client.readback_capture import capture
from scenarios.errors import EXIT_USAGE, BadInput
from scenarios.run.outcomes import Outcome, Promise
from scenarios.target.operation_codec import KEY, Answer

_TELLS_WITHIN_S = 5.0
_AGAIN_S = 0.3
_AMOUNT_FEN = 100


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect that was made."""

    operation: str
    key: str
    business: str
    accepted: bool


def check_target(client: TracedClient) -> None:
    """Asks each operation once, reads back, and says what journeys would miss."""
    order, untold = in_order(client)
    number = random.SystemRandom().randrange(client.shared.customers)  # a target that keeps its books may know the last one
    customer = ManualCustomer(client.shared, number, 0)
    made: list[Effect] = []
    for name in order:
        wanted = {need for other in order for need in client.operations[other].placeholders} & client.operations[name].outputs
        _check(client, customer, name, wanted, made)
    for sentence in untold:
        client.fault(sentence)
    _check_readback(client, made)
    _check_journeys(client)


def in_order(client: TracedClient) -> tuple[list[str], list[str]]:
    """Names of the operations, those first that tell what others need; and a sentence for each that nothing tells enough."""
    order: list[str] = []
    untold: list[str] = []
    for name in sorted(client.operations, key=lambda name: (client.operations[name].effectful, name)):
        try:
            before = prerequisites(client.operations, [name])
        except BadInput as error:
            untold.append(str(error).replace(" in the pulse", ""))
            continue
        order += [each for each in (*before, name) if each not in order]
    return order, untold


def _check(client: TracedClient, customer: Customer, name: str, wanted: set[str], made: list[Effect]) -> None:
    """One operation. A read that does not tell yet what others need is asked again while something accepted may still come to its end."""
    codec = client.operations[name]
    given: dict[str, object] = {"amount_fen": _AMOUNT_FEN, "order_id": customer.order_id(), "face_fen": _AMOUNT_FEN}
    args = {key: value for key, value in given.items() if key in ARGUMENTS and not customer.knows(key)}
    if codec.effectful:
        args[KEY] = customer.shared.key_text(customer.new_key())
    deadline = time.monotonic() + _TELLS_WITHIN_S
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
        time.sleep(_AGAIN_S)
    _judge(client, name, answer)
    if codec.effect is not None and answer.outcome is Outcome.SUCCESS:
        business = codec.effect.business.render(ChainMap(args, customer.session))
        made.append(Effect(name, str(args[KEY]), business, accepted=answer.promise is Promise.ACCEPTED))
    customer.session.update({key: value for key, value in answer.extracted.items() if value is not None})


def _judge(client: TracedClient, name: str, answer: Answer) -> None:
    if answer.outcome is not Outcome.SUCCESS:
        hint = "; if this customer has had it before, check again: another will come" if answer.outcome is Outcome.REFUSAL else ""
        client.fault(f"{name}: {answer.outcome.label} instead of success ({answer.cause}){hint}")
        return
    operation = client.plan.target.operations[name]
    for key, value in answer.extracted.items():
        if value is None and key not in {told for other, codec in client.operations.items() if other != name for told in codec.outputs}:
            client.fault(f"{name}: extract {key}: there is nothing at {operation.extract[key]}")
    if operation.effect and operation.effect.id and not answer.digest:
        client.fault(f"{name}: effect id: there is nothing at {operation.effect.id}")


def _check_readback(client: TracedClient, made: list[Effect]) -> None:
    """Each effect that was made must be found by its key, under the same business key, and come to its end."""
    target = client.plan.target
    client.say("\nread-back", "bold")
    if target.readback is None:
        client.fault("the target offers no read-back, so nothing that it acknowledges can be checked")
        return
    deadline = time.monotonic() + _TELLS_WITHIN_S
    with TemporaryDirectory() as folder:
        while True:
            tables = capture(target, client.statics, Path(folder), pins=client.plan.pins)
            rows = [
                row for name, table in tables.items() if table.complete and table.role == "effects" for row in _rows(Path(folder), name)
            ]
            wrong = list(filter(None, (_unlike(effect, rows) for effect in made)))
            if not wrong or time.monotonic() > deadline:
                break
            time.sleep(_AGAIN_S)
        for name, table in tables.items():
            first = next(iter(_rows(Path(folder), name)), {}) if table.complete else {}
            client.say(f"    {name} ({table.role}): {table.rows} rows" + (f", as {orjson.dumps(first).decode()}" if first else ""), "cyan")
            if not table.complete:
                client.fault(f"read-back {name}: {table.reason}")
            for field in (field for field, value in first.items() if value is None and table.role != "accounts"):
                client.fault(f"read-back {name}: its first row has no {field} at {target.readback.tables[name].fields.get(field)}")
    for sentence in wrong:
        client.fault(sentence)
    for role in sorted({"effects", "stock", "ledger", "accounts", "windows"} - {table.role for table in tables.values()}):
        client.say(f"    no table of {role}: the checks that need it must be waived by name and reason", "yellow")


def _rows(folder: Path, table: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in (folder / f"{table}.jsonl").read_bytes().splitlines()]


def _unlike(effect: Effect, rows: list[dict[str, object]]) -> str:
    mine = [row for row in rows if row.get("op") == effect.operation and row.get("key") == effect.key]
    if not mine:
        return f"{effect.operation}: its effect is not in the read-back under its key {effect.key}"
    if "business" in mine[0] and mine[0]["business"] != effect.business:
        return f"{effect.operation}: its business key is {effect.business!r}, but the read-back spells it {mine[0]['business']!r}"
    return f"{effect.operation}: its effect stays in the state {mine[0].get('state')!r}" if mine[0].get("final") is False else ""


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
    """Texts of the form `noun.verb` in a journey's file: operations are always named by such."""
    texts = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {text for text in texts if text.count(".") == 1 and text.replace(".", "").isidentifier() and text.islower()}


def main(arguments: list[str]) -> int:
    """The command; returns its exit code, as `traced`."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m locustfiles.tryout.target_check RUN_FOLDER\n")
        return EXIT_USAGE
    return traced(arguments[0], check_target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
