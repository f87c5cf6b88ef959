"""The campaign of a scenario file: its prizes, red packets, invitations, points, lottery, desk and budgets, and when the sale opens."""

from pydantic import Field, model_validator

from scenarios.strict import Strict
from scenarios.target.fields import Name

MOST_FEN = 10**12
_MOST_FACE_FEN = 10**9


class Restocking(Strict):
    """More of the most wanted prizes, ordered as soon as a forecast says that one is gone before more could come."""

    skus: int = Field(default=0, ge=0, le=500, description="of so many prizes, the most wanted ones, more is ordered; 0: of none")
    units: int = Field(default=10, ge=1, le=100_000_000, description="in one batch")
    most: int = Field(default=30, ge=1, le=100_000_000, description="of one prize in all")
    lead_s: float = Field(default=5.0, ge=0, le=86_400, description="ordered when the prize would be gone that soon")

    @model_validator(mode="after")
    def _a_batch_is_within_the_plan(self) -> "Restocking":
        if self.units > self.most:
            raise ValueError(f"units {self.units} is more than most {self.most}")
        return self


class Prizes(Strict):
    """What the flash sale gives away."""

    skus: int = Field(default=20, ge=1, le=500)
    stock: int = Field(default=200, ge=1, le=100_000_000, description="prizes in all, spread over the SKUs by their popularity")
    zipf: float = Field(default=1.2, ge=0, le=3)
    per_customer: int = Field(default=1, ge=1, le=1_000_000)
    face_fen: int = Field(default=5000, ge=1, le=_MOST_FACE_FEN)
    restock: Restocking = Restocking()

    @model_validator(mode="after")
    def _ordered_is_what_there_is(self) -> "Prizes":
        if self.restock.skus > self.skus:
            raise ValueError(f"restock.skus {self.restock.skus} is more than skus {self.skus}")
        return self


class RedPackets(Strict):
    """The pool behind the check-in's red packets."""

    pool_fen: int = Field(default=5_000_000, ge=0, le=MOST_FEN)
    least_fen: int = Field(default=1, ge=1, le=_MOST_FACE_FEN)
    most_fen: int = Field(default=2000, ge=1, le=_MOST_FACE_FEN)

    @model_validator(mode="after")
    def _least_is_least(self) -> "RedPackets":
        if self.least_fen > self.most_fen:
            raise ValueError(f"least_fen {self.least_fen} is more than most_fen {self.most_fen}")
        return self


class Invitation(Strict):
    """What friends earn who come by a customer's invitation."""

    friends: int = Field(default=3, ge=1, le=1000, description="so many verified friends earn the inviter one coupon, once")
    coupon_fen: int = Field(default=5000, ge=1, le=_MOST_FACE_FEN)
    coupons: int = Field(default=10_000, ge=0, le=1_000_000, description="so many there are")
    together: float = Field(
        default=0.05, ge=0, le=1, description="share of inviters whose friends from the last needed on are verified at one instant"
    )


class Points(Strict):
    """What payments earn: a point for each whole yuan, two in the double-points phase; and what there is for them."""

    double: str = Field(default="", max_length=60, description="the phase in which points are doubled; empty: never")
    price: int = Field(default=20, ge=1, le=1_000_000_000, description="of a phone credit, in points")
    credit_fen: int = Field(default=1000, ge=1, le=_MOST_FACE_FEN)


class Rules(Strict):
    """The campaign's rules, which may change once."""

    changes: str = Field(
        default="", max_length=60, description="the phase at whose start the second version is in force; empty: the first is throughout"
    )


class LotteryPrize(Strict):
    """A prize of the lottery, with the odds as they are published."""

    odds: float = Field(ge=0, le=1)
    stock: int = Field(ge=0, le=1_000_000)
    face_fen: int = Field(ge=1, le=_MOST_FACE_FEN)

    @property
    def ppm(self) -> int:
        """The odds in millionths."""
        return round(self.odds * 1_000_000)


class Lottery(Strict):
    """What a chance may win: one of three prizes, or nothing."""

    gold: LotteryPrize = LotteryPrize(odds=0.01, stock=100, face_fen=10_000)
    silver: LotteryPrize = LotteryPrize(odds=0.05, stock=500, face_fen=2_000)
    bronze: LotteryPrize = LotteryPrize(odds=0.2, stock=5_000, face_fen=200)

    @property
    def prizes(self) -> dict[str, LotteryPrize]:
        """By name."""
        return {"gold": self.gold, "silver": self.silver, "bronze": self.bronze}

    @model_validator(mode="after")
    def _odds_fit(self) -> "Lottery":
        total = sum(prize.odds for prize in self.prizes.values())
        if total > 1:
            raise ValueError(f"the odds make {total:g} together; allowed: 1 at most")
        return self


class Team(Strict):
    """Teams that customers join and score for."""

    size: int = Field(default=5, ge=1, le=1000, description="members that a team may have")
    ends: str = Field(
        default="", max_length=60, description="the phase at whose start their contest is over; empty: none is, and nothing is won"
    )
    prize_fen: int = Field(default=2000, ge=1, le=_MOST_FACE_FEN, description="what each member of the best team wins when it is over")


class Advisers(Strict):
    """Hours of advisers that customers book."""

    slots: int = Field(default=40, ge=0, le=10_000, description="hours of all advisers together; each is one customer's")
    vip_slots: int = Field(default=10, ge=0, le=10_000, description="hours besides, of consultations that are gold customers' alone")


class Privilege(Strict):
    """Gold customers send money abroad without a fee."""

    fee_fen: int = Field(default=1500, ge=1, le=_MOST_FACE_FEN, description="what sending costs everybody else, and them at other times")
    free: int = Field(default=2, ge=0, le=1000, description="so often each")
    during: str = Field(default="", max_length=60, description="the phase in which they have it; empty: throughout")


class Popup(Strict):
    """The pop-up that comes up when the app is opened."""

    per_day: int = Field(default=3, ge=0, le=1000, description="so often a day at most to one customer, on all devices together")


class Carbon(Strict):
    """Low-carbon points, for receipts without paper."""

    points: int = Field(default=5, ge=1, le=10_000, description="for each")
    per_day: int = Field(default=3, ge=0, le=1000, description="so many receipts of one customer a day at most earn any")


class Inbox(Strict):
    """The message centre."""

    letters: int = Field(default=4, ge=0, le=100, description="that each customer has from the campaign, once each")
    push_per_day: int = Field(default=2, ge=0, le=1000, description="of so many a day at most the phone is told, on all devices together")


class Bundle(Strict):
    """The loan coupon that comes with a plan of automatic investment."""

    face_fen: int = Field(default=3000, ge=1, le=_MOST_FACE_FEN)
    coupons: int = Field(default=10_000, ge=0, le=1_000_000, description="so many there are; who comes later has neither coupon nor plan")


class Desk(Strict):
    """The people who respond to tickets and calls, and what the plan asks of them and of the robot."""

    agents: int = Field(default=10, ge=0, le=100_000)
    handle_min: float = Field(default=1.0, gt=0, le=1440, description="minutes of the desk's clock that a first response takes")
    clock: float = Field(default=60.0, ge=1, le=3600, description="how much faster the desk's clock runs than the rehearsal's")
    respond_min: float = Field(default=15.0, gt=0, le=1440, description="within which somebody must have responded, by the desk's clock")
    hotline: int = Field(default=6, ge=0, le=100_000, description="agents who answer calls")
    video: int = Field(default=3, ge=0, le=100_000, description="agents who answer by video")
    call_min: float = Field(default=2.0, gt=0, le=1440, description="minutes of the desk's clock that a call takes")
    self_service: float = Field(default=0.85, ge=0, le=1, description="share of routine enquiries that need no person")

    @property
    def handle_s(self) -> float:
        """Seconds of the rehearsal for one response."""
        return self.handle_min * 60 / self.clock

    @property
    def call_s(self) -> float:
        """Seconds of the rehearsal for one call."""
        return self.call_min * 60 / self.clock

    @property
    def respond_s(self) -> float:
        """Seconds of the rehearsal within which somebody must have responded."""
        return self.respond_min * 60 / self.clock


class Bucket(Strict):
    """A part of the budget, and what one grant from it is worth."""

    fen: int = Field(default=500_000, ge=0, le=MOST_FEN)
    face_fen: int = Field(default=1000, ge=1, le=_MOST_FACE_FEN)


class Budgets(Strict):
    """The buckets that grants are debited from, and the reserve that nothing may touch but an explicit release."""

    first_bind: Bucket = Bucket(face_fen=800)
    compensation: Bucket = Bucket()
    reserve_fen: int = Field(default=1_000_000, ge=0, le=MOST_FEN)
    community_fen: int = Field(default=200_000, ge=0, le=MOST_FEN, description="kept for events of the branches; no grant is paid from it")

    @property
    def buckets(self) -> dict[str, Bucket]:
        """By the names that the target's file knows."""
        return {"first-bind": self.first_bind, "compensation": self.compensation}


class RiskAlarms(Strict):
    """How much of what the plan watches for risk there may be; beyond it is an alarm, which is a broken limit. Unset: nothing is judged."""

    small_often: int | None = Field(default=None, ge=0, le=1_000_000, description="customers who move small sums again and again, at most")
    failed_proofs: float | None = Field(default=None, ge=0, le=1, description="share of the proofs of identity that fail, at most")
    tickets: float | None = Field(default=None, ge=0, le=1_000_000, description="tickets for a thousand customers, at most")


class Risk(Strict):
    """What the report tells as small sums that are moved again and again, and from where on it is an alarm."""

    small_fen: int = Field(default=10_000, ge=1, le=_MOST_FACE_FEN, description="so much or less is small")
    times: int = Field(default=10, ge=2, le=100_000, description="so often or more is again and again")
    within_s: float = Field(default=600.0, gt=0, le=86_400, description="in so long")
    alarms: RiskAlarms = RiskAlarms()


class Worth(Strict):
    """What the bank counts with: the report tells costs by it, and nothing is judged."""

    customer_fen: int | None = Field(
        default=None, ge=0, le=MOST_FEN, description="what a customer who is brought is worth, in all their time"
    )
    outage_minute_fen: int | None = Field(default=None, ge=0, le=MOST_FEN, description="what a minute of outage costs")


class Campaign(Strict):
    """The campaign that is rehearsed."""

    id: Name = "spring"
    activity: Name = "flash"
    batch: Name = "batch-1"
    bell: str = Field(default="", max_length=60, description="the phase at whose start the sale opens; empty: it is open throughout")
    ends: str = Field(default="", max_length=60, description="the phase at whose start the sale is over; empty: it outlasts the load")
    prizes: Prizes = Prizes()
    red_packets: RedPackets = RedPackets()
    invitation: Invitation = Invitation()
    points: Points = Points()
    rules: Rules = Rules()
    lottery: Lottery = Lottery()
    team: Team = Team()
    advisers: Advisers = Advisers()
    privilege: Privilege = Privilege()
    popup: Popup = Popup()
    inbox: Inbox = Inbox()
    carbon: Carbon = Carbon()
    bundle: Bundle = Bundle()
    desk: Desk = Desk()
    budgets: Budgets = Budgets()
    worth: Worth = Worth()
    risk: Risk = Risk()
    kill_switch: bool = Field(default=False, description="whether the campaign's own kill switch is armed")

    @property
    def buckets(self) -> dict[str, Bucket]:
        """All that grants are paid from, by the names that the target's file knows; the teams' holds what a whole team wins."""
        team = self.team
        return self.budgets.buckets | ({"team": Bucket(fen=team.size * team.prize_fen, face_fen=team.prize_fen)} if team.ends else {})

    @property
    def daily_caps(self) -> dict[str, int]:
        """How often a day something may happen to one customer, by the names that the target's file knows."""
        return {"popup": self.popup.per_day, "push": self.inbox.push_per_day, "carbon": self.carbon.per_day}
