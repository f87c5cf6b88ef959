"""Each operation asked by itself, and once more where others may have made possible what was refused: shown, at fault, or neither.

What is refused in good order, since its turn in a journey has not come (what was never begun cannot be finished), is no fault of the
target's, and is said not to be shown.
"""

import time
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.workload import arguments
from locustfiles.tryout.effects_made import Effect, effect_made, tell_unheld_face, worth_otherwise
from locustfiles.tryout.readback_check import AGAIN_S, TELLS_WITHIN_S
from locustfiles.tryout.shown_check import lists_of, nothing_at, shows_nothing, unlisted
from locustfiles.tryout.traced_client import TracedClient
from scenarios.errors import BadInput
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT
from scenarios.target.operation_codec import Answer
from scenarios.target.people import ARGUMENTS
from scenarios.target.request_encoder import KEY
from scenarios.target.responses import Response
from scenarios.target.sessions import kept_session
from scenarios.target.views import RowsView

_AMOUNT_FEN = 100
_LIST_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Trial:
    """How an operation that is not shown was asked."""

    name: str
    successes: int  # of others, by then
    why: str = ""
    answer: Answer | None = None  # where it could be asked
    response: Response | None = None

    @property
    def refused(self) -> bool:
        """In good order, by a word that the file knows."""
        return self.answer is not None and self.answer.outcome is Outcome.REFUSAL


class OperationCheck:
    """The operations of one target, asked by one customer."""

    def __init__(self, client: TracedClient, customer: Customer, *, as_planned: bool) -> None:
        """`as_planned`: the plan is a scenario's, so what prizes are worth is its to say."""
        self.made: list[Effect] = []
        self.not_shown: dict[str, str] = {}
        """What cannot be shown by itself, and why."""
        self._client, self._customer, self._as_planned = client, customer, as_planned
        self._told: dict[str, Mapping[str, object]] = {}  # by each operation that has been a success
        self._tokens = kept_session(client.plan.target).tokens

    def ask_all(self, order: list[str]) -> None:
        """In this order; then once more, as long as others have succeeded since, what they may have made possible."""
        left = order
        while left:
            trials = [trial for name in left if (trial := self._asked(name))]
            left = [trial.name for trial in trials if trial.successes < len(self._told) and self._may_come(trial)]
            for trial in trials:
                if trial.name not in left:
                    self._conclude(trial)
            if left:
                self._client.say(f"\nonce more, now that others have been asked: {', '.join(left)}", "bold")

    def ask_lists_again(self) -> None:
        """Lists of effects, now that there are some: they must name what was done, of the worth that the plan says."""
        for name, views in lists_of(self._client, self.made):
            stale_s = max(view.stale_s for view in views)
            deadline = time.monotonic() + TELLS_WITHIN_S
            time.sleep(min(stale_s, TELLS_WITHIN_S))
            missing = self._unlisted(name, views)
            while missing and time.monotonic() < deadline:
                time.sleep(_LIST_AGAIN_S)
                missing = self._unlisted(name, views)
            for sentence in missing if stale_s <= TELLS_WITHIN_S else ():
                self._client.fault(f"{name}: shows: {sentence}")

    def _unlisted(self, name: str, views: list[RowsView]) -> list[str]:
        """Asks it; what is missing in its answer, a sentence each. Where it is no success, that is the fault."""
        if trial := self._asked(name):
            self._conclude(trial)
            return []
        return [sentence for view in views for sentence in unlisted(view, self.made, self._client.response)]

    def _asked(self, name: str) -> Trial | None:
        """Asks it; None where it is shown, whatever was wrong with it."""
        args = self._arguments(name)
        try:
            answer = self._answer(name, args)
        except BadInput as error:
            self._client.say(f"\n    {name}", "bold")
            self._client.say(f"    {error}", "yellow")
            return Trial(name, len(self._told), str(error))
        reads = not self._client.operations[name].effectful
        if answer.outcome is Outcome.SUCCESS and not (reads and self._lacking(name, answer)):
            self._understood(name, answer, args)
            return None
        if answer.outcome is Outcome.SUCCESS:
            self._customer.session.learn(answer.extracted)
        return Trial(name, len(self._told), answer=answer, response=self._client.response)

    def _understood(self, name: str, answer: Answer, args: Mapping[str, object]) -> None:
        """A success: what it tells is known from now on, and held against what the file says of it."""
        client, session = self._client, self._customer.session
        judge(client, name, answer)
        self._told[name] = {key: value for key, value in answer.extracted.items() if value is not None}
        if client.operations[name].effectful:
            self.made.append(effect_made(client, name, answer, ChainMap(dict(args), session), as_planned=self._as_planned))
            if self._as_planned:
                tell_unheld_face(client, name, answer)
        for sentence in (*worth_otherwise(client, name, answer, self.made), *shows_nothing(client, name)):
            client.fault(sentence)
        session.learn(answer.extracted)

    def _arguments(self, name: str) -> dict[str, object]:
        """What it is asked with: what an app fills in, and of what answers have told the parts that one of them told together."""
        codec, customer = self._client.operations[name], self._customer
        given = arguments(customer, _AMOUNT_FEN) | {"face_fen": _AMOUNT_FEN}
        args = {key: value for key, value in given.items() if key in ARGUMENTS and not customer.knows(key)}
        if codec.effectful:
            needs = codec.placeholders - self._tokens
            together = max(self._told.values(), key=lambda told: len(needs & told.keys()), default={})
            args |= {key: together[key] for key in needs & together.keys()}
            args[KEY] = customer.shared.key_text(customer.new_key())
        return args

    def _answer(self, name: str, args: Mapping[str, object]) -> Answer:
        """A read that does not tell yet what others need is asked again while something accepted may still come to its end."""
        client, deadline = self._client, time.monotonic() + TELLS_WITHIN_S
        pending = not client.operations[name].effectful and any(effect.accepted for effect in self.made)
        while True:
            answer = client.ask(name, args, self._customer.session)
            over = answer.outcome is not Outcome.SUCCESS or time.monotonic() > deadline
            if over or not pending or not self._lacking(name, answer):
                return answer
            time.sleep(AGAIN_S)

    def _lacking(self, name: str, answer: Answer) -> list[str]:
        """What others need of it and nobody has told yet."""
        operations = self._client.operations
        needed = {need for other in operations.values() for need in other.placeholders} & operations[name].outputs
        return sorted(key for key in needed if answer.extracted.get(key) is None and not self._customer.knows(key))

    def _may_come(self, trial: Trial) -> bool:
        """Whether it may be another matter once others have been asked; what may have happened is not asked for twice."""
        answer = trial.answer
        return answer is None or trial.refused or answer.outcome is Outcome.SUCCESS or bool(self._waits_for(trial))

    def _waits_for(self, trial: Trial) -> list[str]:
        """The operations that alone tell something which it needs, none of which has been a success."""
        operations = self._client.operations
        for need in sorted(operations[trial.name].placeholders):
            tell = [name for name, codec in operations.items() if need in codec.outputs and name != trial.name]
            own = need in ARGUMENTS and (operations[trial.name].effectful or trial.answer is None)
            if tell and not own and not self._customer.session.get(need) and not any(need in self._told.get(name, ()) for name in tell):
                return tell
        return []

    def _conclude(self, trial: Trial) -> None:
        """At fault, or not to be shown by itself: refused before its turn, or for want of what only such an operation tells."""
        client, effect, answer = self._client, self._client.plan.target.operations[trial.name].effect, trial.answer
        client.response = trial.response
        if answer is not None and answer.outcome is Outcome.SUCCESS:
            self._understood(trial.name, answer, {})
        elif waits := self._waits_for(trial):
            self.not_shown[trial.name] = f"it needs what only {' or '.join(waits)} tells"
        elif answer is None:
            client.fault(f"{trial.name}: {trial.why}")
        elif trial.refused and effect and not effect.grants:
            self.not_shown[trial.name] = f"it is refused ({answer.cause}), for its turn has not come or is over"
        else:
            judge(client, trial.name, answer)


def judge(client: TracedClient, name: str, answer: Answer) -> None:
    """What is wrong with an answer: no success, or one without what the file looks for in it."""
    if answer.outcome is not Outcome.SUCCESS:
        hint = "; if this customer has had it before, check again: another will come" if answer.outcome is Outcome.REFUSAL else ""
        client.fault(f"{name}: {answer.outcome.label} instead of success ({answer.cause}){hint}")
        return
    operation = client.plan.target.operations[name]
    for key, value in answer.extracted.items():
        if value is None and key not in {told for other, codec in client.operations.items() if other != name for told in codec.outputs}:
            client.fault(f"{name}: extract {key}: {nothing_at(operation.extract[key], client.response)}")
    effect = operation.effect
    if effect and effect.id and not answer.digest:
        client.fault(f"{name}: effect id: {nothing_at(effect.id, client.response)}")
    if effect and effect.shown and answer.shown_fen == NO_AMOUNT:
        client.fault(f"{name}: effect shown: {nothing_at(effect.shown, client.response)}")
