"""What one part of a target's file says of another: it is held against that before any request."""

import re
from collections.abc import Iterator

from scenarios.errors import BadInput, Misfit, choices
from scenarios.harmless import clipped
from scenarios.target.addresses import HANDLES, parse_address
from scenarios.target.model import Target
from scenarios.target.named_places import named_in
from scenarios.target.row_fields import RowField
from scenarios.target.templates import TextTemplate

_TOPOLOGY = re.compile(r"(?<!\{)\{(topology\b[.\w]*)")


def misfits(target: Target) -> Iterator[Misfit]:
    """Each part that another does not bear out, in a sentence."""
    yield from _of_answers(target)
    yield from _of_places(target)
    yield from _of_rows(target)
    yield from _of_tiers(target)
    yield from _of_items(target)


def _of_answers(target: Target) -> Iterator[Misfit]:
    """Words and states are of what answers tell."""
    told = sorted({name for operation in target.operations.values() for name in operation.extract})
    for name in target.words:
        if name not in told:
            yield Misfit(f"words of {name!r}, which no operation extracts; {choices(name, told)}", "words", name)
    for name, operation in target.operations.items():
        state = operation.shows.state if operation.shows else None
        if state and state.effect not in told:
            sentence = f"{state.effect!r} is extracted by no operation; {choices(state.effect, told)}"
            yield Misfit(sentence, "operations", name, "shows", "state", "effect")


def _of_tiers(target: Target) -> Iterator[Misfit]:
    """Whose tier is asked for is enrolled with it: nobody knows those of people who exist already."""
    if any("{tier}" in step.model_dump_json() for step in target.prepare.enrol):
        return
    for name, operation in target.operations.items():
        for place in ("entitled", "waived"):
            if operation.effect and getattr(operation.effect, place):
                sentence = "customers' tiers are told to nobody; allowed: where a step of prepare.enrol sends {tier}"
                yield Misfit(sentence, "operations", name, "effect", place)


def _of_items(target: Target) -> Iterator[Misfit]:
    """Each prize has a name of its own."""
    ours: dict[str, str] = {}
    for sku, theirs in target.items.items():
        if theirs in ours:
            yield Misfit(f"{theirs!r} is {ours[theirs]!r} already; allowed: a prize of theirs for each of ours", "items", sku)
        ours.setdefault(theirs, sku)


def _of_places(target: Target) -> Iterator[Misfit]:
    """The mark, data centres, and handles that lead somewhere."""
    if not target.test_mark.value:
        yield Misfit("the test mark says nothing; add its value, which the service echoes", "test_mark")
    if target.sites and target.site is None:
        yield Misfit("no answer tells these; say where one names its data centre, as site: header.X-Site", "sites")
    if len(set(target.sites)) < len(target.sites):
        yield Misfit("a data centre stands there twice; allowed: each once", "sites")
    for name, text in target.handle_places() if target.world is None else ():
        if TextTemplate.of(text).placeholders:
            continue
        try:
            parse_address(text, HANDLES)
        except BadInput as error:
            allowed = ", ".join(f"{scheme}://host:port" for scheme in HANDLES)
            what = error.what.partition(";")[0] if "is no address" in error.what else clipped(error.what)
            yield Misfit(f"{what}; allowed for a handle: {allowed}", "handles", name)


def _of_rows(target: Target) -> Iterator[Misfit]:
    """An account of the books is one customer's; rows of effects are those of an operation that has one; a world tells its topology."""
    if target.books and "customer" not in TextTemplate.of(target.books.account).placeholders:
        yield Misfit("an account of the books is a customer's own; allowed: a text with {customer} in it", "books", "account")
    effects = sorted(name for name, operation in target.operations.items() if operation.effect)
    for name, table in target.readback.tables.items() if target.readback else ():
        op = RowField.of(table.fields["op"]).constant if table.role == "effects" and "op" in table.fields else None
        if op is not None and op not in effects:
            sentence = f"{op!r} is no operation with an effect; {choices(op, effects)}"
            yield Misfit(sentence, "readback", "tables", name, "fields", "op")
    for place, name in named_in(target.model_dump(exclude={"world"}), _TOPOLOGY) if target.world is None else ():
        yield Misfit(f"{{{name}}} is told by a world, and this target starts none; allowed: the address itself", *place)
