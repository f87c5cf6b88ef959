"""What a read shows a customer: a balance, how an effect stands, effects, a stock, whether money suffices, what was spent, a team's score.

And what is announced of the campaign. One closed grammar.
"""

from typing import Annotated

from pydantic import Field, JsonValue, model_validator

from scenarios.errors import Misfit
from scenarios.strict import Strict
from scenarios.target.fields import FieldText, InnerName, PathText, PredicateText, TemplateText
from scenarios.target.templates import TextTemplate


class _View(Strict):
    stale_s: float = Field(default=0, ge=0, le=3600, description="how old what is shown may be, as a cache makes it")


class BalanceView(_View):
    """What stands in an account."""

    account: TemplateText
    fen: PathText = Field(description="in fen after conversion")


class StateView(_View):
    """How an effect stands."""

    of: InnerName = Field(description="the operation whose effect it is")
    effect: InnerName = Field(description="the name under which the customer knows the effect's id; the read-back names it alike")
    state: PathText
    done: list[str] = Field(min_length=1, description="states, in the service's words, of an effect that has happened")
    absent: PredicateText = Field(default="http == 404", description="when the answer says that there is no such effect")
    fen: PathText | None = Field(default=None, description="the effect's amount, in fen after conversion")


class RowsView(_View):
    """Effects of the customer, a row each: a list from which nothing disappears."""

    of: InnerName = Field(description="the operation whose effects they are")
    rows: PathText = Field(description="the list")
    where: dict[FieldText, list[JsonValue]] = Field(default={}, description="count only rows whose field has one of these values")
    effect: FieldText | None = Field(default=None, description="in a row: the effect's id, as the read-back names it")
    fen: FieldText | None = Field(default=None, description="in a row: the amount, in fen after conversion")
    at_ms: FieldText | None = Field(default=None, description="in a row: when, so that what is older than the run is told apart")
    most: int | None = Field(default=None, ge=1, le=1_000_000, description="how many rows are shown at most")


class StockView(_View):
    """What is left of each prize."""

    rows: PathText = Field(description="the list of prizes")
    item: FieldText
    batch: FieldText = "''"
    left: FieldText


class FundsView(_View):
    """Whether what is asked for is in an account, before it is paid."""

    account: TemplateText
    asked: TemplateText = Field(description="the amount that it is about, in fen")
    enough: PredicateText = Field(description="when the answer says that there is so much")


class SpentView(_View):
    """What a customer has spent on effects of some kinds, all of it: what was taken back later is in it."""

    of: list[InnerName] = Field(min_length=1, max_length=20, description="the operations whose effects it is the sum of")
    fen: PathText = Field(description="in fen after conversion")


class ScoreView(_View):
    """What a team has scored, in the list of the best."""

    rows: PathText = Field(description="the list of teams")
    team: FieldText
    score: FieldText
    as_of_ms: PathText | None = Field(default=None, description="as of when the list says that it is, in milliseconds since 1970")


class AnnouncedView(_View):
    """What is published of the campaign: its times, prices, odds, caps."""

    planned: TemplateText = Field(description="what the plan says, of names that begin with campaign., as {campaign.end_at}")
    told: PathText = Field(description="where the answer tells the same; a time in milliseconds since 1970, or as ISO-8601 with its zone")

    @model_validator(mode="after")
    def _of_the_plan(self) -> "AnnouncedView":
        names = TextTemplate.of(self.planned).placeholders
        if not names or not all(name.startswith("campaign.") for name in names):
            raise Misfit("what is planned is known by the campaign's names alone; allowed: {campaign.…}", "planned")
        return self


View = BalanceView | StateView | RowsView | StockView | FundsView | SpentView | AnnouncedView | ScoreView

Passing = StockView | FundsView | SpentView | AnnouncedView | ScoreView
"""Views that customers are not asked for once more when all is over: none of their own, about what comes next, or slow to work out."""


class Shows(Strict):
    """All that one read shows."""

    balance: BalanceView | None = None
    state: StateView | None = None
    rows: Annotated[list[RowsView], Field(max_length=10)] = []
    stock: StockView | None = None
    funds: FundsView | None = None
    spent: Annotated[list[SpentView], Field(max_length=20)] = []
    announces: Annotated[list[AnnouncedView], Field(max_length=20)] = []
    score: ScoreView | None = None

    @property
    def views(self) -> tuple[View, ...]:
        """Each by its number, under which it stands in records."""
        found = (self.balance, self.state, *self.rows, self.stock, self.funds, *self.spent, *self.announces, self.score)
        return tuple(view for view in found if view is not None)
