"""One operation of a target, and what those of one say of each other: what must be told before, what rests on or stands for which."""

from collections.abc import Collection, Mapping
from typing import Literal

from pydantic import Field, model_validator

from scenarios.errors import Misfit
from scenarios.target.bodies import WithBody
from scenarios.target.effects import Effect
from scenarios.target.fields import Headers, InnerName, Method, OutcomeName, PathText, PredicateText, UrlPath
from scenarios.target.templates import TextTemplate
from scenarios.target.views import RowsView, Shows, SpentView, StateView


class Operation(WithBody):
    """One logical operation: its request, and what to read from its answer."""

    service: InnerName
    method: Method = "GET"
    path: UrlPath
    headers: Headers = {}
    authorised: bool = True
    before: list[InnerName] = Field(
        default=[], max_length=10, description="reads that are asked first where they tell what this needs and nobody has told yet"
    )
    effect: Effect | None = None
    gives_way: Literal["first", "next", "last"] | None = Field(
        default=None, description="who is turned away when not all can be served: what can be left out first, claims next, money last"
    )
    beacon: InnerName | None = Field(
        default=None,
        description="the kind of thing that the app reports to have been seen, one each time; a role `beacons` tells the counts",
    )
    shows: Shows | None = Field(default=None, description="of a read: what the customer learns from it")
    extract: dict[InnerName, PathText] = {}
    outcome: dict[OutcomeName, PredicateText] = Field(default={}, description="tried in this order; the target's own follow")
    timeout_s: float = Field(default=10, gt=0, le=600)

    @model_validator(mode="after")
    def _reads_show(self) -> "Operation":
        if self.shows and self.effect:
            raise Misfit("what changes something says what it shows as its effect's `shown`; allowed: `shows` beside a read", "shows")
        return self


Operations = Mapping[str, Operation]
"""Of one target, by their names."""


def check_operations(operations: Operations, headers: Headers) -> None:
    """Raises Misfit where one names what the others do not give."""
    for name, operation in operations.items():
        _told_somewhere(name, operation, operations, headers)
        _shown_of_effects(name, operation, operations)
        _names_other_effects(name, operation, operations)
        _asked_before(name, operation, operations)


def _told_somewhere(name: str, operation: Operation, operations: Operations, headers: Headers) -> None:
    """What an effect's terms name is said in its own request, or by some answer, or is the run's."""
    terms = operation.effect.terms if operation.effect else None
    if terms is None or (operation.effect and operation.effect.asks_about):  # what a question is about is never sent
        return
    said = operation.placeholders_with(operation.path, "{customer}", *{**headers, **operation.headers}.values())
    told = {extracted for other in operations.values() for extracted in other.extract}
    for placeholder in sorted(TextTemplate.of(terms).placeholders):
        if "." not in placeholder and placeholder not in said and placeholder not in told:
            allowed = ", ".join(sorted(said | told))
            places = ("moves", "grants", "invited_by", "joins", "credits", "reserves", "ships")
            place = next(place for place in places if getattr(operation.effect, place))
            raise Misfit(f"{{{placeholder}}} is known to nobody; allowed: {allowed}", "operations", name, "effect", place)


def _asked_before(name: str, operation: Operation, operations: Operations) -> None:
    """What is asked first is a read that tells something."""
    for step in operation.before:
        found = operations.get(step)
        if found is None or found.effect or not found.extract or step == name:
            allowed = ", ".join(sorted(other for other, each in operations.items() if each.extract and not each.effect and other != name))
            raise Misfit(f"{step!r} is no read that tells something; there are: {allowed or 'none'}", "operations", name, "before")


def _shown_of_effects(name: str, operation: Operation, operations: Operations) -> None:
    """What is shown of effects is of an operation that has one."""
    effects = sorted(other for other, found in operations.items() if found.effect)
    for view in operation.shows.views if operation.shows else ():
        named = view.of if isinstance(view, SpentView) else [view.of] if isinstance(view, StateView | RowsView) else []
        if unknown := [of for of in named if of not in effects]:
            allowed = ", ".join(effects) or "none"
            raise Misfit(f"{unknown[0]!r} is no operation with an effect; there are: {allowed}", "operations", name, "shows")


def _names_other_effects(name: str, operation: Operation, operations: Operations) -> None:
    """What an effect rests on is one itself, which its answer and its rows name; what it stands for is one too, and an ordinary one."""
    effect = operation.effect
    effects = {other: found.effect for other, found in operations.items() if found.effect and other != name}
    if effect and effect.proven:
        rests_on = {other for other, found in effects.items() if found.id}
        _one_of(rests_on, effect.proven.by, "is no operation with an effect that has an id", name, "proven", "by")
    if effect and effect.stepped_up:
        answers = {other for other, found in effects.items() if found.id}
        _one_of(answers, effect.stepped_up.by, "is no operation with an effect that has an id", name, "stepped_up", "by")
    if effect and effect.ships:
        rights = {other for other, found in effects.items() if found.id}
        for right in effect.ships.prizes:
            _one_of(rights, right, "is no operation with an effect that has an id", name, "ships", "prizes")
    if effect and effect.quoted:
        quotes = {other for other, found in effects.items() if found.id and found.shown}
        _one_of(quotes, effect.quoted.by, "is no operation with an effect that has an id and shows a sum", name, "quoted", "by")
    if effect and (new := effect.newcomer):
        for place, named in (("by", new.by), ("since", new.since)):
            _one_of(effects, named, "is no other operation with an effect", name, "newcomer", place)
    if effect and effect.instead_of:
        ordinary = {other for other, found in effects.items() if not found.instead_of}
        _one_of(ordinary, effect.instead_of, "is no other operation with an effect of its own", name, "instead_of")


def _one_of(allowed: Collection[str], named: str, problem: str, name: str, *place: str) -> None:
    if named not in allowed:
        there_are = ", ".join(sorted(allowed)) or "none"
        raise Misfit(f"{named!r} {problem}; there are: {there_are}", "operations", name, "effect", *place)
