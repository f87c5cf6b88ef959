"""Keeps what reads show to a sample of customers. Whoever is not in the sample costs nothing but being told apart."""

from collections.abc import Callable

from locustfiles.engine.attempt import Attempt, Keep
from scenarios.run.outcomes import Outcome
from scenarios.run.records import answer_digest
from scenarios.target.effects import granted_terms
from scenarios.target.operations import Operation
from scenarios.target.request_encoder import Args, Session, Template, as_text
from scenarios.target.responses import Response, compile_path
from scenarios.target.templates import Scope, TextTemplate
from scenarios.target.view_reading import AskedFor, Subject, view_reader
from scenarios.target.views import AnnouncedView, BalanceView, FundsView, RowsView, ScoreView, SpentView, StateView, StockView, View

_SUCCESS = Outcome.SUCCESS


class ShownViews:
    """What one operation's answers show."""

    def __init__(self, operation: Operation, statics: Scope, every: int, site: str | None) -> None:
        """Of every so-manieth customer, by their number; `site` is where an answer says which data centre it is from."""
        views = operation.shows.views if operation.shows else ()
        self._every = every
        self._site = compile_path(site) if site else None
        self._subject_of = [_subject_of(view, statics) for view in views]
        self._read = [view_reader(view) for view in views]
        self._in_any_answer = [isinstance(view, StateView) for view in views]

    def subjects(self, args: Args, session: Session, customer: int) -> tuple[Subject | None, ...] | None:
        """Whom or what each view will be of, None where the customer does not know; nothing for one who is not in the sample."""
        if customer % self._every:
            return None
        return tuple([subject(args, session) for subject in self._subject_of])

    def keep(self, attempt: Attempt, outcome: Outcome, response: Response, write: Keep) -> None:
        """Writes down what the answer shows; that an effect is not there is told by answers that are no success, too."""
        for number, subject in enumerate(attempt.subjects or ()):
            if subject is None or not (outcome is _SUCCESS or self._in_any_answer[number]):
                continue
            shown = self._read[number](response, subject)
            if shown is not None:
                write(attempt, number, _digest(subject), shown.value, shown.fen, self._site_of(response))

    def _site_of(self, response: Response) -> bytes:
        return str(self._site(response) or "")[:1].encode("ascii", "replace") if self._site else b""


def _subject_of(view: View, statics: Scope) -> Callable[[Args, Session], Subject | None]:
    match view:
        case BalanceView():
            return _text(TextTemplate.of(view.account).bind(statics))
        case StateView():
            return _text(TextTemplate.of(f"{{{view.effect}}}"))
        case StockView():
            batch = str(statics.get("campaign.batch", ""))
            told = view.batch != "''"
            item = _text(TextTemplate.of("{sku}"))

            def prize(args: Args, session: Session) -> Subject | None:
                wanted = item(args, session)
                return None if wanted is None else (str(wanted), batch if told else "")

            return prize
        case ScoreView():
            return _text(TextTemplate.of("{team}"))
        case FundsView():
            account, asked = _text(TextTemplate.of(view.account).bind(statics)), _text(TextTemplate.of(view.asked).bind(statics))

            def amount(args: Args, session: Session) -> Subject | None:
                whose, fen = account(args, session), asked(args, session)
                return None if whose is None or fen is None or not fen.isdecimal() else AskedFor(whose, int(fen))

            return amount
        case RowsView() | SpentView() | AnnouncedView():
            return lambda _args, _session: ""


def _text(text: TextTemplate) -> Callable[[Args, Session], str | None]:
    template = Template()
    template.add_text(text, as_text)
    fill = template.compiled()

    def rendered(args: Args, session: Session) -> str | None:
        try:
            return fill(args, session).decode()
        except KeyError:
            return None

    return rendered


def _digest(subject: Subject) -> int:
    if isinstance(subject, AskedFor):
        return answer_digest(subject.account)
    if isinstance(subject, tuple):
        return answer_digest(granted_terms(*subject))
    return answer_digest(subject) if subject else 0
