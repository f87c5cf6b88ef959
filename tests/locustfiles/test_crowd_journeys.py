"""Journeys, driven by hand: no engine, no clock, no network."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from statistics import mean

import pytest
from locustfiles_kit import TOLD, scenario

from locustfiles.crowd.customer import NOTHING, Customer, ManualCustomer
from locustfiles.crowd.journey_steps import NO_KEY, Ask, Bell, Journey, Parallel, Think
from locustfiles.crowd.shared_facts import SharedFacts
from locustfiles.crowd.workload import load_journeys
from scenarios.run.outcomes import Outcome, Probe
from scenarios.target.operation_codec import Answer

Says = Callable[[Ask], Answer]
ALL = dict.fromkeys(TOLD, "x")
YES = Answer(Outcome.SUCCESS, extracted=ALL | {"state": "GRANTED"})


def _customer(visit: int = 1, offered: Collection[str] = ("payment.submit", "payment.reverse")) -> Customer:
    what = scenario(
        phases=[{"name": "before", "lasts": 30, "arrivals": 1}, {"name": "sale", "lasts": 30, "arrivals": 1}], campaign={"bell": "sale"}
    )
    return ManualCustomer(SharedFacts(what, seed=1, run="r", operations=offered), visit, visit << 16)


def _walk(customer: Customer, journey: Journey, says: Says) -> list[Ask | Think | Bell]:
    """Drives a journey to its end as the engine would, and gives its steps; a second passes with every answer."""
    steps: list[Ask | Think | Bell] = []
    answer: Answer | None = None
    for _ in range(500):
        try:
            step = journey.send(answer)  # type: ignore[arg-type]  # started by None
        except StopIteration:
            return steps
        asks = [step] if isinstance(step, Ask) else list(step.asks) if isinstance(step, Parallel) else []
        steps += asks or [step]  # type: ignore[list-item]  # a Parallel is its questions
        answer = NOTHING
        for ask in asks:
            answer = customer.last = says(ask)
            customer.session.update(_known(answer.extracted))
            customer.at_s += ask.after_s + 0.1
        if isinstance(step, Think):
            customer.at_s += step.median_s
        if isinstance(step, Bell):
            customer.at_s = max(customer.at_s, step.at_s)
    raise AssertionError("the journey does not end")


def _known(told: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in told.items() if value is not None}


def _ops(steps: list[Ask | Think | Bell]) -> list[str]:
    return [step.operation for step in steps if isinstance(step, Ask)]


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("name", sorted(load_journeys()))
def test_every_journey_ends_whatever_the_answers(name: str, outcome: Outcome) -> None:
    """No answer, always the same, lets a customer go round for ever."""
    customer = _customer()
    assert _ops(_walk(customer, load_journeys()[name](customer), lambda _ask: Answer(outcome, extracted=ALL)))


def test_ordinary_banking_goes_from_login_to_the_transfers_status() -> None:
    """One and the same sum checked and sent."""
    customer = _customer()
    steps = _walk(customer, load_journeys()["ordinary-banking"](customer), lambda _ask: YES)
    assert _ops(steps) == [
        "session.create",
        "exposure.carousel",
        "account.balance",
        "transfer.precheck",
        "account.balance",
        "transfer.submit",
        "account.balance",
        "transfer.status",
    ]
    sums = {step.args["amount_fen"] for step in steps if isinstance(step, Ask) and "amount_fen" in step.args}
    assert len(sums) == 1


def test_bills_are_paid_and_half_of_them_taken_back() -> None:
    """Of those some twice, under a new key; a service without payments shows the balance, and that is all."""
    paid = [_ops(_walk(customer, load_journeys()["bill-payment"](customer), lambda _ask: YES)) for customer in map(_customer, range(200))]
    assert {tuple(ops[:3]) for ops in paid} == {("session.create", "account.balance", "payment.submit")}
    back = Counter(ops.count("payment.reverse") for ops in paid)
    assert 80 <= back[1] + back[2] <= 120
    assert back[2] > 0
    stranger = _customer(offered=())
    assert _ops(_walk(stranger, load_journeys()["bill-payment"](stranger), lambda _ask: YES)) == ["session.create", "account.balance"]


def test_coupons_are_shown_at_two_tills_at_once_and_packets_opened_again() -> None:
    """Now and then: what must be refused is asked for."""
    sales = [_walk(customer, load_journeys()["flash-sale"](customer), lambda _ask: YES) for customer in map(_customer, range(200))]
    orders = [{step.args["order_id"] for step in sale if isinstance(step, Ask) and step.operation == "coupon.redeem"} for sale in sales]
    assert 20 <= sum(len(own) == 2 for own in orders) <= 60
    visits = [_ops(_walk(customer, load_journeys()["check-in"](customer), lambda _ask: YES)) for customer in map(_customer, range(200))]
    assert 15 <= sum(ops.count("checkin.post") == ops.count("redpacket.open") == 2 for ops in visits) <= 50


def test_the_zone_page_asks_for_its_six_parts_at_once() -> None:
    """All of its blocks are asked for together."""
    journey = load_journeys()["zone-page"](_customer())
    first = next(journey)
    assert isinstance(first, Parallel)
    assert len({ask.operation for ask in first.asks}) == 6


def test_the_flash_sale_waits_for_the_bell_and_then_claims() -> None:
    """Stock is polled before the bell, nothing is claimed before it, and six in ten redeem."""
    redeemed = 0
    for visit in range(100):
        customer = _customer(visit)
        steps = _walk(customer, load_journeys()["flash-sale"](customer), lambda _ask: YES)
        bells = [place for place, step in enumerate(steps) if isinstance(step, Bell)]
        assert len(bells) == 1
        assert "stock.get" in _ops(steps[: bells[0]])
        assert "claim.submit" not in _ops(steps[: bells[0]])
        assert _ops(steps[bells[0] :])[:3] == ["claim.submit", "claim.status", "coupon.list"]
        redeemed += "coupon.redeem" in _ops(steps)
    assert 45 <= redeemed <= 75


def test_two_devices_tap_before_the_bell_and_twice_at_it() -> None:
    """The first must be refused; who comes when it has rung does not tap early."""
    for at_s, taps in ((0, [1, 2]), (40, [0, 2])):
        customer = _customer()
        customer.at_s = at_s
        steps = _walk(customer, load_journeys()["two-devices"](customer), lambda _ask: YES)
        (rung,) = [place for place, step in enumerate(steps) if isinstance(step, Bell)]
        assert [_ops(part).count("claim.submit") for part in (steps[:rung], steps[rung:])] == taps


def test_five_taps_are_one_claim() -> None:
    """Under one key, whatever the answers are."""
    customer = _customer()
    steps = _walk(customer, load_journeys()["five-taps"](customer), lambda _ask: YES)
    claims = [step for step in steps if isinstance(step, Ask) and step.operation == "claim.submit"]
    assert (len(claims), len({ask.key for ask in claims})) == (5, 1)


def test_who_is_told_sold_out_is_content() -> None:
    """A refusal is an answer: no second tap."""
    customer = _customer()
    sold_out = lambda ask: Answer(Outcome.REFUSAL) if ask.operation == "claim.submit" else YES  # noqa: E731 - a phrase
    assert Counter(_ops(_walk(customer, load_journeys()["flash-sale"](customer), sold_out)))["claim.submit"] == 1


def test_the_probe_sends_a_key_again_changed_not_at_all_and_twice_at_once() -> None:
    """First, replay, mismatch, missing; and a key of its own for both twins."""
    customer = _customer()
    steps = _walk(customer, load_journeys()["idempotency-probe"](customer), lambda _ask: YES)
    sent = [step for step in steps if isinstance(step, Ask) and step.operation == "transfer.submit"]
    assert [ask.probe for ask in sent] == [Probe.FIRST, Probe.REPLAY, Probe.MISMATCH, Probe.MISSING, Probe.TWIN, Probe.TWIN]
    assert sent[0].key == sent[1].key == sent[2].key != NO_KEY == sent[3].key
    assert sent[0].args == sent[1].args != sent[2].args
    assert (sent[4].key, sent[4].args) == (sent[5].key, sent[5].args)
    assert sent[4].key not in {sent[0].key, NO_KEY}


def test_a_trespasser_is_another_customer_who_knows_the_code_alone() -> None:
    """They log in for themselves, and nothing else of the owner's goes with them; where there is nothing to have nobody tries."""
    customer = _customer(offered=("coupon.redeem", "redpacket.open"))
    who: list[tuple[str, int, Probe]] = []

    def says(ask: Ask) -> Answer:
        who.append((ask.operation, customer.number, ask.probe))
        return YES if customer.number == 1 else Answer(Outcome.SUCCESS)

    _walk(customer, load_journeys()["trespass"](customer), says)
    owner = ["session.create", "checkin.post", "activity.token", "claim.submit"]
    assert who == [
        *((operation, 1, Probe.NONE) for operation in owner),
        ("session.create", 2, Probe.NONE),
        ("coupon.redeem", 2, Probe.FOREIGN),
        ("redpacket.open", 2, Probe.FOREIGN),
    ]
    assert not customer.knows("token")
    poor = _customer(offered=("coupon.redeem", "redpacket.open"))
    assert _ops(_walk(poor, load_journeys()["trespass"](poor), lambda _ask: Answer(Outcome.SUCCESS))) == owner


def _attempts(visit: int, outcome: Outcome, retry_after_s: float = 0.0) -> list[Ask]:
    """What one customer tries while the answer is always the same."""
    customer, asks = _customer(visit), []
    for attempt in customer.patience():
        asks.append(customer.ask("claim.submit", key=attempt.key))
        customer.last = Answer(outcome)
        customer.retry_after_s = retry_after_s
        customer.at_s += asks[-1].after_s + 0.05
    return asks


def test_automatic_retries_keep_the_key_and_taps_have_new_ones() -> None:
    """While nobody knows what happened: up to two automatic retries with the same key, then a new tap with a new one."""
    for visit in range(200):
        keys = Counter(ask.key for ask in _attempts(visit, Outcome.UNKNOWN))
        assert max(keys.values()) <= 3
        assert NO_KEY not in keys


def test_a_definite_answer_is_not_retried_automatically() -> None:
    """Each try is a tap of its own; on average 3.3 of them less those that patience ends."""
    taps = []
    for visit in range(500):
        asks = _attempts(visit, Outcome.FAILURE)
        assert len({ask.key for ask in asks}) == len(asks)
        taps.append(len(asks))
    usual = _customer(0).shared.patience.taps_mean
    assert usual * 0.7 < mean(taps) <= usual * 1.1


def test_nobody_waits_longer_than_fifteen_seconds_and_a_tap() -> None:
    """Patience ends, whatever the service says."""
    for visit in range(200):
        assert sum(ask.after_s for ask in _attempts(visit, Outcome.UNKNOWN)) < 15 + 4.0


def test_polite_apps_honour_retry_after_and_rude_ones_do_not() -> None:
    """With a Retry-After of 3 s about seven in ten never come back sooner."""
    polite = rude = 0
    for visit in range(300):
        pauses = [ask.after_s for ask in _attempts(visit, Outcome.SHED, 3.0)[1:]]
        if pauses:
            polite += min(pauses) >= 3
            rude += min(pauses) < 3
    assert 0.5 < polite / (polite + rude) < 0.9


def test_bots_tap_more_and_faster_and_nothing_else_tells_them_apart() -> None:
    """Of all customers so many as the share says; a bot is none in what a target can be sent."""
    marks = dict.fromkeys(("share", "taps_mean", "gap_median_s", "gap_p95_s"), "A")
    bots = {"share": 0.2, "taps_mean": 30, "gap_median_s": 0.05, "gap_p95_s": 0.1, "marks": marks}
    what = scenario(population={"customers": 3000}, crowd={"bots": bots})
    shared = SharedFacts(what, seed=1, run="r", operations=())
    tapping = [shared.patience_of(number).taps_mean for number in range(3000)]
    assert 0.17 < tapping.count(30) / 3000 < 0.23
    assert set(tapping) == {30, shared.patience.taps_mean}
    assert shared.patience_of(tapping.index(30)).polite == 0
    with pytest.raises(KeyError):
        shared.fact(tapping.index(30), "bot")


def test_a_pause_is_left_behind_with_the_patience() -> None:
    """After the last tap the next question is not held back."""
    customer = _customer(3)
    for _attempt in customer.patience():
        customer.last = Answer(Outcome.UNKNOWN)
    assert customer.ask("coupon.list").after_s == 0


def test_the_same_visit_makes_the_same_draws() -> None:
    """A journey is replayed from its seed."""
    walks = []
    for _ in range(2):
        customer = _customer(9)
        walks.append(
            [
                (type(step).__name__, getattr(step, "after_s", 0), getattr(step, "key", 0))
                for step in _walk(customer, load_journeys()["check-in"](customer), lambda _ask: Answer(Outcome.SHED))
            ]
        )
    assert walks[0] == walks[1]


@pytest.mark.parametrize(
    ("outcome", "grumbles"), [(Outcome.UNKNOWN, True), (Outcome.FAILURE, True), (Outcome.REFUSAL, False), (Outcome.SUCCESS, False)]
)
def test_a_step_about_money_that_fails_for_good_makes_contacts_tickets_and_talk(outcome: Outcome, *, grumbles: bool) -> None:
    """As often as the crowd's profile says, here always; and the journey goes on by what came of the step itself."""
    coupling = {"contact": 1, "ticket": 1, "sentiment": 1}
    what = scenario(crowd={"coupling": coupling, "patience": {"taps_mean": 1, "automatic_retries": 0}})
    offered = ("payment.submit", "robot.message", "ticket.create", "opinion.post")
    customer = ManualCustomer(SharedFacts(what, seed=1, run="r", operations=offered, money=("payment.submit",)), 1, 1 << 16)
    says = Answer(outcome)
    steps = _walk(customer, customer.insists_on("payment.submit"), lambda ask: says if ask.operation == "payment.submit" else YES)
    assert _ops(steps)[-3:] == (list(offered[1:]) if grumbles else _ops(steps)[-3:])
    assert set(_ops(steps)) == (set(offered) if grumbles else {"payment.submit"})
    assert customer.last.outcome is outcome


def test_nobody_grumbles_where_nothing_is_about_money_or_nobody_listens() -> None:
    """A read that fails makes no ticket; a target without a desk has none."""
    what = scenario(crowd={"coupling": {"contact": 1, "ticket": 1, "sentiment": 1}, "patience": {"taps_mean": 1}})
    for money, offered in (((), ("robot.message", "ticket.create", "opinion.post")), (("payment.submit",), ())):
        customer = ManualCustomer(SharedFacts(what, seed=1, run="r", operations=offered, money=money), 1, 1 << 16)
        steps = _walk(customer, customer.insists_on("payment.submit"), lambda _ask: Answer(Outcome.FAILURE))
        assert set(_ops(steps)) == {"payment.submit"}
