"""Phases: what a user writes of arrivals is the curve that comes of it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from scenarios.plan.arrival_curves import Curve
from scenarios.plan.campaign import campaign_statics
from scenarios.plan.phases import Phase, Spike
from scenarios.plan.scenario import Scenario
from scenarios.plugins import load_scenario

rates = st.floats(0.1, 100)
lengths = st.floats(1, 5000)


def scenario(*phases: Phase | dict[str, object], **more: object) -> Scenario:
    """A scenario of these phases."""
    return Scenario.model_validate({"name": "x", "describe": "x", "phases": list(phases), "mix": {"a": 1}, **more})


def curve_of(*phases: Phase) -> Curve:
    """Their curve."""
    return scenario(*phases).curve


@given(lengths, rates, rates)
def test_a_ramp_is_straight_and_a_soak_is_level(lasts: float, first: float, last: float) -> None:
    """Expected arrivals are the trapezium's; the rate in the middle is the mean of the ends."""
    curve = curve_of(Phase(name="ramp", lasts=lasts, arrivals=[first, last]), Phase(name="soak", lasts=lasts, arrivals=last))
    assert curve.expected(lasts) == pytest.approx(lasts * (first + last) / 2)
    assert curve.rate(lasts / 2) == pytest.approx((first + last) / 2)
    assert curve.total - curve.expected(lasts) == pytest.approx(lasts * last)


@given(lengths, rates, rates)
def test_an_exponential_ramp_multiplies_by_the_same_in_the_same_time(lasts: float, first: float, last: float) -> None:
    """From the first rate to the last, through their geometric mean; up or down."""
    curve = curve_of(Phase(name="rush", lasts=lasts, arrivals=[first, last], ramp="exponential"))
    assert curve.rate(0) == pytest.approx(first)
    assert curve.rate(lasts / 2) == pytest.approx((first * last) ** 0.5)
    assert curve.rate(lasts * (1 - 1e-9)) == pytest.approx(last, rel=1e-4)


@given(lengths, rates, rates, st.integers(2, 30))
def test_a_staircase_has_level_steps_of_one_length_and_height(lasts: float, first: float, last: float, steps: int) -> None:
    """The first step has the first rate, the last the last, and all are as high as each other."""
    curve = curve_of(Phase(name="stairs", lasts=lasts, arrivals=[first, last], steps=steps))
    found = [curve.rate(lasts * (step + 0.5) / steps) for step in range(steps)]
    assert (found[0], found[-1]) == (pytest.approx(first), pytest.approx(last))
    assert all(high - low == pytest.approx((last - first) / (steps - 1), abs=1e-6) for low, high in pairwise(found))
    assert curve.rate(lasts * 0.01 / steps) == curve.rate(lasts * 0.99 / steps) == found[0]
    assert curve.total == pytest.approx(lasts * (first + last) / 2)


def test_a_spike_reaches_nine_tenths_at_its_rise_and_halves_by_its_half_life() -> None:
    """What the scenario says of the spike is what the curve does."""
    curve = curve_of(Phase(name="peak", lasts=60, arrivals=10, spike=Spike(to=110, rise=3, half_life=10)))
    assert curve.rate(3) == pytest.approx(10 + 0.9 * 100)
    top = 3 / 0.9
    assert curve.rate(top) == pytest.approx(110)
    assert curve.rate(top + 10) == pytest.approx(60)
    assert curve.rate(top + 20) == pytest.approx(35)


def test_a_spike_stays_up_as_long_as_it_is_held() -> None:
    """The whole height through its hold, then the half-lives; a phase that ends before cuts it off."""
    curve = curve_of(Phase(name="peak", lasts=60, arrivals=10, spike=Spike(to=110, rise=3, hold=8, half_life=10)))
    top = 3 / 0.9
    assert curve.rate(top) == curve.rate(top + 7.99) == pytest.approx(110)
    assert curve.rate(top + 18) == pytest.approx(60)
    assert curve.end_s == 60
    short = curve_of(Phase(name="peak", lasts=5, arrivals=10, spike=Spike(to=110, rise=3, hold=8, half_life=10)))
    assert (short.end_s, short.rate(4.9)) == (5, pytest.approx(110))


@given(lengths, rates, rates, st.floats(1, 200), st.floats(0, 0.999), st.sampled_from(["straight", "exponential", "steps"]))
def test_compression_keeps_every_rate_and_shortens_the_time(
    lasts: float, first: float, last: float, compress: float, at: float, shape: str
) -> None:
    """At the same share of the phase the rate is the same; it lasts, and brings, so many times less."""
    assume(shape != "steps" or abs(at * 5 - round(at * 5)) > 1e-6)  # at a step's edge rounding decides which side it is, and both are right
    plain = {"name": "p", "lasts": lasts, "arrivals": [first, last], **({"steps": 5} if shape == "steps" else {"ramp": shape})}
    phases = [Phase.model_validate(plain | {"compress": by}) for by in (1, compress)]
    real, short = (curve_of(phase) for phase in phases)
    assert short.rate(at * short.end_s) == pytest.approx(real.rate(at * real.end_s), rel=1e-6)
    assert short.end_s == pytest.approx(real.end_s / compress)
    assert short.total == pytest.approx(real.total / compress)


@given(st.lists(st.tuples(lengths, rates, st.booleans(), st.floats(1, 100)), min_size=1, max_size=6))
def test_spikes_keep_their_seconds_whatever_is_compressed_around_them(story: list[tuple[float, float, bool, float]]) -> None:
    """Each phase with a spike has the rates that it has alone; the phases follow each other without a gap."""
    spike = Spike(to=1000, rise=2, hold=1, half_life=5)
    phases = [
        Phase(name=f"p{number}", lasts=lasts, arrivals=rate, spike=spike if spiked else None, compress=1 if spiked else compress)
        for number, (lasts, rate, spiked, compress) in enumerate(story)
    ]
    day = scenario(*phases)
    assert all(one.end_s == other.start_s for one, other in pairwise(day.curve.pieces))
    assert day.curve.end_s == pytest.approx(day.lasts_s)
    for phase in phases:
        if phase.spike:
            start_s, end_s = day.span(phase.name)
            assert end_s - start_s == pytest.approx(phase.lasts)
            alone = curve_of(phase)
            for at in (0.1, 0.5, 0.9):
                assert day.curve.rate(start_s + at * phase.lasts) == pytest.approx(alone.rate(at * phase.lasts), rel=1e-5)


def test_rates_may_be_multiples_of_the_busy_hour() -> None:
    """Levels, ramps and spikes; a plan that is read again has the rates themselves."""
    phases = [
        {"name": "night", "lasts": "1 h", "arrivals": "0.15 x"},
        {"name": "ramp", "lasts": "1 h", "arrivals": ["0.5x", "40/s"]},
        {"name": "sale", "lasts": "1 h", "arrivals": "1 x", "spike": {"to": "30 x"}},
    ]
    found = scenario(*phases, busy_hour="600/min")
    assert [phase.arrivals for phase in found.phases] == [1.5, [5.0, 40.0], 10.0]
    assert found.phases[2].spike is not None
    assert found.phases[2].spike.to == 300
    assert Scenario.model_validate(found.model_dump()) == found


@pytest.mark.parametrize(
    ("phase", "says"),
    [
        ({"arrivals": 1, "compress": 60, "spike": {"to": 5}}, "a spike keeps its real seconds; leave compress 60 out"),
        ({"arrivals": 1, "compress": 0.5}, "greater than or equal to 1"),
        ({"arrivals": 1, "steps": 5}, "steps leads from one rate to another; give arrivals two"),
        ({"arrivals": [1, 2], "steps": 1}, "greater than or equal to 2"),
        ({"arrivals": [1, 2], "steps": 3, "ramp": "exponential"}, "steps are level; leave ramp out"),
        ({"arrivals": [1, 2], "steps": 3, "spike": {"to": 5}}, "a spike rises from a level rate or a straight ramp; leave steps out"),
        ({"arrivals": 1, "ramp": "exponential"}, "ramp leads from one rate to another"),
        ({"arrivals": [0, 2], "ramp": "exponential"}, "neither begins nor ends at 0/s"),
        ({"arrivals": [1, 9], "spike": {"to": 5}}, "spike.to 5/s is less than its arrivals of 9/s"),
        ({"arrivals": "3 x"}, "'3 x' is a multiple of the busy hour, and the scenario has none"),
        ({"arrivals": "3 y"}, "'3 y' is no rate"),
    ],
)
def test_a_shape_that_cannot_be_is_one_sentence(phase: dict[str, object], says: str) -> None:
    """What is wrong, and what to do."""
    with pytest.raises((ValidationError, ValueError), match=says):
        scenario({"name": "p", "lasts": 10, **phase})


SALES_S = [hour * 3600.0 for hour in (10, 12, 14, 16, 20)]


@pytest.mark.parametrize(("name", "most_s", "before_s", "least_s"), [("campaign-day", 600, 10, 40), ("full-day", 3600, 60, 300)])
def test_a_day_is_whole_and_its_sales_are_not_compressed(name: str, most_s: float, before_s: float, least_s: float) -> None:
    """24 hours by its own clock, ten minutes or an hour by ours; every sale, and the moments before it, in real seconds."""
    day = load_scenario(name)
    assert sum(phase.lasts for phase in day.phases) == 86_400
    assert day.lasts_s < most_s
    clock_s = 0.0
    opened, awaited = [], []
    for phase in day.phases:
        if clock_s in SALES_S and phase.compress == 1 and phase.lasts >= least_s and phase.spike:
            opened.append(clock_s)
        clock_s += phase.lasts
        if clock_s in SALES_S and phase.compress == 1 and phase.lasts >= before_s:
            awaited.append(clock_s)
    assert (opened, awaited) == (SALES_S, SALES_S)
    assert day.busy_hour is not None
    ten_s, _ = day.span("ten")
    assert max(day.curve.rate(ten_s + tenth / 10) for tenth in range(300)) == pytest.approx(30 * day.busy_hour, rel=0.02)


SALE = [{"name": name, "lasts": 10, "arrivals": 1} for name in ("early", "sale", "late")]
T0 = datetime(2026, 11, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(("campaign", "ends_s"), [({"bell": "sale", "ends": "late"}, 20), ({"ends": "sale"}, 10), ({"bell": "sale"}, 640)])
def test_a_sale_is_over_when_the_phase_begins_that_ends_it(campaign: dict[str, str], ends_s: float) -> None:
    """The sale alone: the campaign outlasts the load."""
    told = campaign_statics(scenario(*SALE, campaign=campaign), T0)
    assert told["campaign.closes_at"] == (T0 + timedelta(seconds=ends_s)).isoformat(timespec="milliseconds")
    assert told["campaign.end_at"] == (T0 + timedelta(seconds=640)).isoformat(timespec="milliseconds")


@pytest.mark.parametrize(
    ("campaign", "words"),
    [
        ({"ends": "never"}, "the sale ends with the phase 'never'; there are: early, sale, late"),
        ({"team": {"ends": "never"}}, "the teams' contest ends with the phase 'never'; there are: early, sale, late"),
        ({"bell": "sale", "ends": "sale"}, "the sale ends before it has begun; allowed: a phase after the bell's, and not the first"),
        ({"ends": "early"}, "the sale ends before it has begun"),
    ],
)
def test_a_sale_that_cannot_be_over_then_is_refused(campaign: dict[str, str], words: str) -> None:
    """In a sentence."""
    with pytest.raises(ValidationError, match=words):
        scenario(*SALE, campaign=campaign)


def test_a_contest_of_teams_has_a_prize_where_it_is_over_and_else_lasts_as_long_as_the_campaign() -> None:
    """At the start of the phase that it names."""
    endless, over = (campaign_statics(scenario(*SALE, campaign={"team": team}), T0) for team in ({}, {"ends": "late", "prize_fen": 700}))
    assert (endless["campaign.team_ends_at"], endless["campaign.team_prize_fen"]) == (endless["campaign.end_at"], 0)
    assert (over["campaign.team_ends_at"], over["campaign.team_prize_fen"]) == (
        (T0 + timedelta(seconds=20)).isoformat(timespec="milliseconds"),
        700,
    )


def test_more_winners_than_people_are_refused() -> None:
    """Where the file says how many prizes there are; as many as people may win are not too many."""
    words = "201 prizes are more than 100 customers may win, 2 each; allowed: 200 at most"
    with pytest.raises(ValidationError, match=words):
        scenario(*SALE, population={"customers": 100}, campaign={"prizes": {"stock": 201, "per_customer": 2}})
    scenario(*SALE, population={"customers": 100}, campaign={"prizes": {"stock": 200, "per_customer": 2}})
    scenario(*SALE, population={"customers": 100})
