"""Keeps what answers tell of an effect besides its amount (its time, its day, its number), to a sample of customers."""

from locustfiles.engine.attempt import Attempt, Keep
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT, answer_digest, told_figure
from scenarios.target.operations import Operation
from scenarios.target.request_encoder import Args, Session
from scenarios.target.responses import Response, compile_path

_SUCCESS = Outcome.SUCCESS


class ToldDetails:
    """What one effectful operation's answers tell, each detail by its place in the target's file."""

    def __init__(self, operation: Operation, every: int, site: str | None) -> None:
        """Of every so-manieth customer, by their number; `site` is where an answer says which data centre it is from."""
        effect = operation.effect
        self._every = every
        self._site = compile_path(site) if site else None
        self._id = compile_path(effect.id) if effect and effect.id else None
        self._details = [compile_path(path) for path in effect.tells.values()] if effect else []

    def subjects(self, _args: Args, _session: Session, customer: int) -> tuple[()] | None:
        """Only the answer says whose details they are; None for one who is not in the sample."""
        return None if customer % self._every else ()

    def keep(self, attempt: Attempt, outcome: Outcome, response: Response, write: Keep) -> None:
        """Writes down what a success tells, under the effect's id."""
        effect = self._id(response) if self._id and outcome is _SUCCESS else None
        if effect is None:
            return
        site = str(self._site(response) or "")[:1].encode("ascii", "replace") if self._site else b""
        for number, detail in enumerate(self._details):
            told = detail(response)
            if told is not None:
                write(attempt, number, answer_digest(str(effect)), told_figure(told), NO_AMOUNT, site)
