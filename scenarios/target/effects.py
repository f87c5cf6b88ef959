"""What an operation's effect means in the books: what it moves, grants or pays, and what the world owed before."""

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from scenarios.errors import Misfit
from scenarios.strict import Strict
from scenarios.target.fields import InnerName, PathText, Patience, PredicateText, TemplateText, TierName


class Moves(Strict):
    """Money goes from one account to another: one posting, of one debit and one credit."""

    model_config = ConfigDict(serialize_by_alias=True)

    payer: TemplateText = Field(alias="from", description="the account that is debited")
    payee: TemplateText = Field(alias="to", description="the account that is credited")
    amount: Literal["asked", "shown"] = Field(default="asked", description="which figure is moved: the customer's, or the answer's")

    @property
    def terms(self) -> str:
        """Both parties as one template."""
        return moved_terms(self.payer, self.payee)


class Grants(Strict):
    """Something of a stock becomes the customer's."""

    item: TemplateText
    batch: TemplateText = ""
    face: TemplateText | None = Field(default=None, description="what it is worth, in fen: the plan's word, not the answer's")

    @property
    def terms(self) -> str:
        """Item and batch as one template."""
        return granted_terms(self.item, self.batch)


class Pays(Strict):
    """A promise that owes money later: credited once, in full, to the account of the customer whose effect it is."""

    model_config = ConfigDict(serialize_by_alias=True)

    payer: TemplateText = Field(alias="from", description="the account that it comes from")
    within_s: Patience = Field(default=60, description="from the effect to the payment")
    working_days: int | None = Field(
        default=None, ge=0, le=60, description="so many after the effect's own day is it promised; the rows tell the day as `pays_by`"
    )


def moved_terms(payer: object, payee: object) -> str:
    """The parties of a movement, as an ack's `terms` are the digest of."""
    return f"{payer}>{payee}"


def invited_terms(inviter: object) -> str:
    """Whose invitation is completed, as an ack's `terms` are the digest of."""
    return f"invited by {inviter}"


def joined_terms(team: object) -> str:
    """Which team is joined, as an ack's `terms` are the digest of."""
    return f"team {team}"


def credited_terms(source: object) -> str:
    """By which link a customer came, as an ack's `terms` are the digest of."""
    return f"by {source}"


def reserved_terms(slot: object) -> str:
    """Which place is reserved, as an ack's `terms` are the digest of."""
    return f"slot {slot}"


def shipped_terms(address: object) -> str:
    """Where a thing is sent, as an ack's `terms` are the digest of."""
    return f"to {address}"


def granted_terms(item: object, batch: object) -> str:
    """What is granted, as an ack's `terms` are the digest of."""
    return f"{item}/{batch}"


class Proven(Strict):
    """It rests on an earlier effect of the same customer's, which its rows in the read-back name in `ref`; good for it once."""

    by: InnerName = Field(description="the operation of that effect")
    within_s: Patience = Field(description="from that effect to this one")


class Quoted(Strict):
    """The business key is the id of a quote, an earlier effect of the same customer's: it is honoured once, at the sum that it showed."""

    by: InnerName = Field(description="the operation that quotes")
    good_s: Patience = Field(description="so long after the quote, and no longer")


class SteppedUp(Strict):
    """Nothing is done before the customer has answered a challenge, an effect of its own, which the rows name in `ref`; one each."""

    by: InnerName = Field(description="the operation by which a challenge is answered")
    within_s: Patience = Field(description="so long after the answer, and no longer")
    from_fen: int = Field(default=0, ge=0, le=10**15, description="only what asks for so much or more")


class Ships(Strict):
    """A thing is sent for a right, an earlier effect of the same customer's whose id is the business key: once, and what it is worth."""

    to: TemplateText = Field(description="where, as the rows tell it as `address`: its digest, where that is personal")
    prizes: dict[InnerName, InnerName] = Field(
        min_length=1, max_length=20, description="for the operation of each right what is sent; the rows tell it as `prize`"
    )


class Newcomer(Strict):
    """Who has long been known does not count: what makes them known must come after they were invited."""

    by: InnerName = Field(description="the operation by which the bank knows somebody")
    since: InnerName = Field(description="the operation by which they were invited")

    @model_validator(mode="after")
    def _one_after_the_other(self) -> "Newcomer":
        if self.by == self.since:
            raise Misfit("who is known is so after being invited; allowed: two operations", "by")
        return self


class Bundle(Strict):
    """It has a half with another service, and a reward of the kind `bundle`: both, or neither. The rows' states tell which."""

    done: InnerName = Field(description="the state in which both halves stand")
    undone: InnerName = Field(description="the state in which neither does")

    @model_validator(mode="after")
    def _two_states(self) -> "Bundle":
        if self.done == self.undone:
            raise Misfit(f"{self.done!r} is the state in which both halves stand already; allowed: another one", "undone")
        return self


FIGURES = ("points", "draws", "letter", "scores", "streak", "waived", "accepts_rules")
"""What makes the figure that an answer shows something else than an amount: one of them, and of a figure that is shown."""
_RESTS_ON = {
    "tells": ("id", "only an effect whose id the answer tells is found again; say where as well (`id`)"),
    "asks_about": ("id", "what it is about stands in the answer; say where as well (`id`)"),
    "newcomer": ("invited_by", "only a friend who counts for somebody can be new; say for whom as well (`invited_by`)"),
    "in_turn": ("person", "only whom a person must respond to can wait for a turn; say that as well (`person`)"),
    "stepped_up": ("amount", "what needs a challenge is told by the amount asked for; say it as well (`amount`)"),
    "collects": ("moves", "a statement is of money that is moved; say what it moves as well (`moves`)"),
    "settles_within_s": ("accepted", "only what is accepted first comes to its end later; say when it is as well (`accepted`)"),
}
"""What of an effect says nothing by itself: what it needs beside it, and why."""
_ALONE = ("invited_by", "asks_about", "joins", "credits", "reserves", "ships")


class Effect(Strict):
    """What a success of an effectful operation means."""

    business: TemplateText = Field(description="business key: whom the effect is for, what, in which period; 40 bytes at most")
    id: PathText | None = Field(default=None, description="where the answer names the effect; the read-back names it alike")
    amount: TemplateText | None = Field(default=None, description="the amount asked for, in fen")
    shown: PathText | None = Field(default=None, description="where the answer shows the amount, in fen after conversion")
    tells: dict[InnerName, PathText] = Field(
        default={},
        max_length=10,
        description="what else the answer tells of the effect, by the names under which its rows in the read-back tell the same",
    )
    accepted: PredicateText | None = Field(default=None, description="a success that only promises a later terminal state")
    settles_within_s: Patience = 60
    moves: Moves | None = None
    grants: Grants | None = None
    pays: Pays | None = None
    points: Literal["earned", "spent"] | None = Field(
        default=None, description="the figure shown is points: earned by the payment whose id is the business key, or spent"
    )
    draws: bool = Field(default=False, description="it is a draw of the lottery, and the figure shown is what was won; 0: nothing")
    invited_by: TemplateText | None = Field(default=None, description="whose friend counts by it: the number of the customer who invited")
    newcomer: Newcomer | None = Field(default=None, description="who counts by it must be new: known only since they were invited")
    joins: TemplateText | None = Field(default=None, description="the team that the customer is in by it; the rows tell it as `team`")
    instead_of: InnerName | None = Field(
        default=None, description="the operation that does the same another way: one effect of both for each business key"
    )
    credits: TemplateText | None = Field(
        default=None, description="the channel and link that the customer is owed to by it; the rows tell it as `source`"
    )
    reserves: TemplateText | None = Field(
        default=None, description="the place that the customer has by it, and nobody else; the rows tell it as `slot`"
    )
    ships: Ships | None = Field(default=None, description="a thing is sent by it")
    letter: Literal["pushed", "read"] | None = Field(
        default=None,
        description="the figure shown is the number of the letter that the phone is told of, or how many are unread once one is read",
    )
    capped: Literal["popup", "push", "carbon"] | None = Field(
        default=None, description="it happens to a customer so often a day at most as the scenario's campaign says for this"
    )
    climbs: bool = Field(
        default=False,
        description="it is a rung of the task ladder, the rows' `rung`, done by what they name in `ref`: in order, once, one each",
    )
    scores: bool = Field(
        default=False, description="the figure shown is points for the customer's team, from the payment whose id is the business key"
    )
    streak: bool = Field(
        default=False, description="the figure shown is on how many days in a row it was done; the rows tell `day` and `streak`"
    )
    bundles: Bundle | None = Field(default=None, description="what the other service's half is, a role `plans` tells: those that stand")
    collects: bool = Field(
        default=False, description="what it moves is in the day's statement of who is paid; a role `statements` tells them"
    )
    bucket: Literal["first-bind", "compensation"] | None = Field(default=None, description="the part of the budget that pays for it")
    asks_about: TemplateText | None = Field(
        default=None, description="what is asked about, as a right answer names it where `id` finds it; no answer, no name"
    )
    person: bool = Field(default=False, description="a person must respond to it; the read-back's rows tell when (`answered_ms`)")
    in_turn: bool = Field(default=False, description="who asked before is responded to before, in each line that the rows name as `line`")
    proven: Proven | None = Field(default=None, description="what the customer must have done before, as having had a code sent")
    quoted: Quoted | None = Field(default=None, description="what it costs was quoted before; the business key is the quote's id")
    stepped_up: SteppedUp | None = Field(default=None, description="what needs an answered challenge before it is done")
    entitled: list[TierName] = Field(
        default=[], max_length=3, description="the tiers whose customers may have it, and nobody else; empty: whoever asks"
    )
    waived: TierName | None = Field(
        default=None,
        description="the figure shown is a fee: nothing for this tier, as often and when the scenario's campaign says (`privilege`)",
    )
    accepts_rules: bool = Field(
        default=False, description="the figure shown is the version of the rules that is accepted; the rows tell it as `rules`"
    )
    pausable: bool = Field(default=False, description="whether a paused campaign does none of it")

    @model_validator(mode="after")
    def _one_thing_at_a_time(self) -> "Effect":
        if self.moves and self.grants:
            raise Misfit("an effect either moves money or grants a thing", "grants")
        for name in _ALONE:
            if getattr(self, name) and (self.moves or self.grants):
                raise Misfit(f"an effect that moves money or grants a thing is nothing else; allowed: {name} by itself", name)
        return self

    @model_validator(mode="after")
    def _nothing_by_itself(self) -> "Effect":
        for name, (needed, sentence) in _RESTS_ON.items():
            if getattr(self, name) != type(self).model_fields[name].default and not getattr(self, needed):
                raise Misfit(sentence, name)
        if self.moves and self.moves.amount == "shown" and not self.shown:
            raise Misfit("what is moved is the figure shown; say where the answer shows it as well (`shown`)", "moves", "amount")
        return self

    @model_validator(mode="after")
    def _a_figure_that_is_shown(self) -> "Effect":
        figures = [name for name in FIGURES if getattr(self, name)]
        if figures and not self.shown:
            raise Misfit(f"{figures[0]} is of the figure that the answer shows; say where as well (`shown`)", figures[0])
        if len(figures) > 1:
            raise Misfit(f"the figure shown is one thing, and here are {' and '.join(figures)}; allowed: one of them", figures[1])
        return self

    @property
    def terms(self) -> str | None:
        """Between whom, or for what: a template over what the customer knows; None where the file does not say."""
        if self.asks_about:
            return self.asks_about
        for given, told in (
            (self.invited_by, invited_terms),
            (self.joins, joined_terms),
            (self.credits, credited_terms),
            (self.reserves, reserved_terms),
            (self.ships and self.ships.to, shipped_terms),
        ):
            if given:
                return told(given)
        owed = self.moves or self.grants
        return owed.terms if owed else None


class Books(Strict):
    """What the world owes to its customers before anybody comes."""

    account: TemplateText = Field(description="a customer's own account, from {customer}")
    opening: Literal["opening_balance_fen"] | None = Field(
        default="opening_balance_fen", description="what stands in it when the run begins; null where that is not known"
    )
    opened_from: InnerName | None = Field(
        default=None, description="the account that the opening balances come from, where they are posted"
    )

    @model_validator(mode="after")
    def _opened_with_something(self) -> "Books":
        if self.opened_from and self.opening is None:
            raise Misfit("from there come opening balances, and none is known; leave one of both out", "opened_from")
        return self
