"""What the check of a target has done to it: each effect, by what the read-back must find it, and what the plan says that it is worth."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from locustfiles.tryout.traced_client import TracedClient
from scenarios.run.opening import asks_faces
from scenarios.run.outcomes import Promise
from scenarios.run.records import NO_AMOUNT, answer_digest
from scenarios.target.operation_codec import Answer
from scenarios.target.request_encoder import KEY
from scenarios.target.responses import Response
from scenarios.target.view_reading import row_reader, view_reader
from scenarios.target.views import RowsView, StateView, View


@dataclass(frozen=True)
class Effect:
    """An effect that was made."""

    operation: str
    key: str
    business: str
    accepted: bool
    digest: int = 0
    """Of its id, as the answer named it; 0 where it named none."""
    face_fen: int | None = None
    """What a prize is worth, by the plan; None where it is no prize, or its worth is not the plan's to say."""

    def unlike_plan(self, fen: object, teller: str) -> str:
        """A sentence where what is told as its worth is not what the plan says; else nothing."""
        if self.face_fen is None or not isinstance(fen, int) or fen in (NO_AMOUNT, self.face_fen):
            return ""
        return f"{self.operation}: face_fen: planned {self.face_fen}, {teller} {fen}"


def effect_made(client: TracedClient, name: str, answer: Answer, scope: Mapping[str, object], *, as_planned: bool) -> Effect:
    """What a success has done. `as_planned`: the plan is a scenario's, so what prizes are worth is its to say, whoever has set them up."""
    means = client.operations[name].effect
    if means is None:
        raise ValueError(f"{name} has no effect")
    promised = answer.promise is Promise.ACCEPTED
    face_fen = _face_fen(client, name, scope, as_planned=as_planned)
    return Effect(name, str(scope[KEY]), means.business.render(scope), promised, answer.digest, face_fen)


def _face_fen(client: TracedClient, name: str, scope: Mapping[str, object], *, as_planned: bool) -> int | None:
    said, means = client.plan.target.operations[name].effect, client.operations[name].effect
    a_prize = said and said.grants and said.grants.face and not said.amount
    if not a_prize or means is None or means.amount is None or not asks_faces(client.plan.target, untold=as_planned):
        return None
    return int(means.amount.render(scope))


def worth_otherwise(client: TracedClient, name: str, answer: Answer, made: Iterable[Effect]) -> Iterator[str]:
    """A sentence for each effect whose own answer, or a read of how it stands or of a list, shows another worth than the plan says."""
    told: list[tuple[Effect, object, str]] = [(effect, answer.shown_fen, "its answer shows") for effect in made if effect.operation == name]
    shows, response = client.plan.target.operations[name].shows, client.response
    if shows is not None and response is not None:
        for view in shows.views:
            told += [(effect, fen, f"{name} shows") for effect in made for fen in _worth_shown(view, response, effect)]
    yield from filter(None, (effect.unlike_plan(fen, teller) for effect, fen, teller in told))


def _worth_shown(view: View, response: Response, effect: Effect) -> list[object]:
    """What a view shows as the worth of this very effect."""
    match view:
        case StateView() if view.of == effect.operation:
            shown = view_reader(view)(response, "")
            return [shown.fen] if shown else []
        case RowsView() if view.of == effect.operation and effect.digest:
            rows = row_reader(view)(response) or []
            return [row.fen for row in rows if row.effect is not None and answer_digest(row.effect) == effect.digest]
    return []


def tell_unheld_face(client: TracedClient, name: str, answer: Answer) -> None:
    """Where an answer shows what a prize is worth and the file does not hold it against the plan: the line to add."""
    said = client.plan.target.operations[name].effect
    if said and said.grants and said.grants.face is None and answer.shown_fen != NO_AMOUNT:
        line = 'face: "{campaign.face_fen}"'
        client.say(
            f"    shows {answer.shown_fen} fen, which is not held against the scenario's face_fen; add to its grants: {line}", "yellow"
        )
