"""The crowd is the seed's, whoever makes it."""

from collections import Counter
from uuid import RFC_4122, UUID

import numpy as np
import pytest
from locustfiles_kit import scenario, target

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Think
from locustfiles.crowd.shared_facts import SharedFacts
from locustfiles.crowd.workload import Workload, load_journeys, prerequisites
from scenarios.errors import BadInput
from scenarios.plan.crowd import segments_of
from scenarios.plan.scenario import Scenario
from scenarios.plugins import load_target
from scenarios.target.operation_codec import compile_target


def _crowd(seed: int = 5, **more: object) -> Workload:
    return Workload(scenario({"flash-sale": 3, "check-in": 1}, lasts=20, rate=100, **more), seed)


def _everything(crowd: Workload, workers: int) -> list[tuple[float, int, int]]:
    """Time, journey and customer of each arrival, by the shares of so many workers."""
    found = []
    for worker in range(workers):
        for index, at_s in enumerate(crowd.times_s[worker::workers]):
            arrival = index * workers + worker
            found.append((float(at_s), int(crowd.journeys[worker::workers][index]), crowd.customer(arrival)))
    return sorted(found)


@pytest.mark.parametrize("workers", [2, 4, 7])
def test_any_number_of_workers_makes_the_same_crowd(workers: int) -> None:
    """Superposed shares equal one worker's: times, journeys, customers."""
    assert _everything(_crowd(), workers) == _everything(_crowd(), 1)


def test_another_seed_makes_another_crowd() -> None:
    """Other times and other people."""
    assert _everything(_crowd(5), 1) != _everything(_crowd(6), 1)


def test_the_mix_is_kept_and_changes_with_the_phase() -> None:
    """Each phase's own weights hold in it."""
    what = Scenario.model_validate(
        {
            "name": "mixed",
            "describe": "two phases",
            "target": "small",
            "phases": [
                {"name": "first", "lasts": 20, "arrivals": 200},
                {"name": "second", "lasts": 20, "arrivals": 200, "mix": {"zone-page": 1}},
            ],
            "mix": {"flash-sale": 3, "check-in": 1},
        }
    )
    crowd = Workload(what, 1)
    names = np.array(crowd.journey_names)[crowd.journeys]
    first = Counter(names[crowd.times_s < 20].tolist())
    assert set(names[crowd.times_s >= 20].tolist()) == {"zone-page"}
    assert set(first) == {"flash-sale", "check-in"}
    assert first["flash-sale"] / first.total() == pytest.approx(0.75, abs=0.03)


def test_a_surge_brings_customers_of_its_own_beside_the_usual_ones() -> None:
    """Four times as many for five seconds, three of four with the surge's mix; the usual ones keep theirs."""
    surge = {"strike": "rush", "at_s": 10, "lasts_s": 5, "times": 4, "mix": {"zone-page": 1}}
    crowd = _crowd(surges=[surge])
    names = np.array(crowd.journey_names)[crowd.journeys]
    inside = (crowd.times_s >= 10) & (crowd.times_s < 15)
    assert len(names[inside]) == pytest.approx(2000, abs=200)
    assert np.mean(names[inside] == "zone-page") == pytest.approx(0.75, abs=0.04)
    assert set(names[~inside].tolist()) == {"flash-sale", "check-in"}
    assert _everything(crowd, 3) == _everything(crowd, 1)


def test_everybody_comes_before_anybody_comes_again() -> None:
    """And nobody who is reserved for the pulse."""
    crowd = _crowd(population={"customers": 500}, pulse={"operations": ["account.balance"]})
    assert sorted(crowd.customer(arrival) for arrival in range(crowd.visiting)) == list(range(crowd.visiting))
    reserved = {crowd.pulse_customer(beat) for beat in range(1000)}
    assert reserved == set(range(crowd.visiting, 500))


def test_wishes_follow_zipf() -> None:
    """Twenty prizes at s = 1.2: about 35 % want the first."""
    shared = SharedFacts(scenario(population={"customers": 20_000}), seed=1, run="r", operations=())
    wishes = Counter(shared.wish(number) for number in range(20_000))
    assert wishes["sku-01"] / 20_000 == pytest.approx(0.35, abs=0.02)
    assert len(wishes) == 20


def test_payees_are_neighbours_unless_the_scenario_heats_some() -> None:
    """By default nobody is paid by two; at s = 1.2 about a fifth of 20,000 pay one and the same. Nobody pays himself; a seed repeats."""

    def payees(zipf: float) -> list[int]:
        shared = SharedFacts(scenario(population={"customers": 20_000, "payees_zipf": zipf}), seed=1, run="r", operations=())
        return [int(str(shared.fact(number, "payee"))) for number in range(20_000)]

    assert payees(0) == [19_999, *range(19_999)]
    hot = payees(1.2)
    assert hot == payees(1.2)
    assert all(payee != number and 0 <= payee < 20_000 for number, payee in enumerate(hot))
    ((_, most), *_) = Counter(hot).most_common(1)
    assert most / 20_000 == pytest.approx(1 / sum(rank**-1.2 for rank in range(1, 20_001)), abs=0.02)


def test_keys_are_uuids_and_no_two_are_alike() -> None:
    """Version 8, the RFC's variant; another run of the same seed has others."""
    one, other = (SharedFacts(scenario(), seed=1, run=run, operations=()) for run in ("a", "b"))
    mine, others = Customer(one, 1, 0), Customer(other, 1, 0)
    keys = [UUID(one.key_text(mine.new_key())) for _ in range(20_000)]
    assert len(set(keys)) == len(keys)
    assert {key.version for key in keys} == {8}
    assert {key.variant for key in keys} == {RFC_4122}
    assert {key.int >> 64 for key in keys} == {one.key_half}
    assert not set(keys) & {UUID(other.key_text(others.new_key())) for _ in range(20_000)}


def test_the_embedded_worlds_pulse_needs_a_login_and_nothing_that_only_a_journey_knows() -> None:
    """Whichever operations tell a token too: the first by name is asked, and that must be the plain one."""
    here, services = "http://127.0.0.1:1", ("bank", "campaign")
    statics = {f"topology.gateways.gateway-{centre}.{service}": here for centre in "ab" for service in services}
    statics |= {"topology.suppliers.url": here, "secret.STORMDRILL_CONTROL_TOKEN": "x", "campaign.id": "c", "campaign.activity": "a"}
    operations = dict(sorted(compile_target(load_target("embedded"), statics).items()))
    assert prerequisites(operations, ["account.balance", "transfer.submit"]) == ["session.create"]


def test_the_pulse_learns_what_it_needs_first() -> None:
    """What a pulse's operations need is found among what other operations tell, logins first."""
    to = target("http://127.0.0.1:1", account_balance={"path": "/length/{account}"}, transfer_submit={"path": "/length/{activity_token}"})
    operations = compile_target(to, {})
    assert prerequisites(operations, ["account.balance", "transfer.submit"])[0] == "activity.token"
    with pytest.raises(BadInput, match=r"the pulse names the operation 'nothing.such'"):
        prerequisites(operations, ["nothing.such"])
    unknown = compile_target(target("http://127.0.0.1:1", account_balance={"path": "/length/{secret_of_nobody}"}), {})
    with pytest.raises(BadInput, match=r"operation account.balance needs \{secret_of_nobody\}"):
        prerequisites(unknown, ["account.balance"])


def test_the_pulse_learns_it_where_it_can_be_learnt() -> None:
    """Of several operations that tell it, one that needs what a journey alone can give is passed over; where all do, the first is named."""
    signed, known = {"extract": {"ticket": "$.data.ticket"}}, {"extract": {"ticket": "$.data.ticket"}}
    signed |= {"path": "/length/{proof}"}
    wanting = {"account_balance": {"path": "/length/{ticket}"}, "session_create": signed}
    operations = compile_target(target("http://127.0.0.1:1", **wanting, checkin_post=known), {})
    assert prerequisites(operations, ["account.balance"])[-1] == "checkin.post"
    with pytest.raises(BadInput, match=r"operation session.create needs \{proof\}"):
        prerequisites(compile_target(target("http://127.0.0.1:1", **wanting), {}), ["account.balance"])


@pytest.mark.parametrize("name", sorted(load_journeys()))
def test_journeys_are_found_and_say_what_they_are(name: str) -> None:
    """By their file's name, with a sentence."""
    assert (load_journeys()[name].__doc__ or "").rstrip().endswith(".")


def test_a_segment_goes_on_its_journeys_more_often_and_its_customers_are_always_the_same() -> None:
    """Twice as many of one, none of another, as the mix gives the others; who is of which the judge draws too."""
    segments = [
        {"name": "young", "share": 0.5, "journeys": {"flash-sale": 3, "check-in": 0}, "mark": "A"},
        {"name": "others", "share": 0.5, "mark": "A"},
    ]
    mix = {"flash-sale": 1, "check-in": 1, "zone-page": 1}
    what = scenario(mix, lasts=60, rate=500, population={"customers": 3000}, crowd={"segments": segments})
    crowd = Workload(what, seed=5)
    of, seen = segments_of(what.crowd.segments, 5, crowd.visiting), Counter[tuple[str, str]]()
    for arrival, journey in enumerate(crowd.journeys.tolist()):
        seen[what.crowd.segments[of[crowd.customer(arrival)]].name, crowd.journey_names[journey]] += 1
    young, others = (sum(count for (name, _), count in seen.items() if name == whose) for whose in ("young", "others"))
    assert seen["young", "check-in"] == 0
    assert seen["young", "flash-sale"] / young == pytest.approx(0.75, abs=0.02)
    assert seen["others", "flash-sale"] / others == pytest.approx(1 / 3, abs=0.02)
    assert young / (young + others) == pytest.approx(0.5, abs=0.05)


def test_customers_think_as_long_as_the_crowds_profile_says() -> None:
    """Each kind of pause by its name."""
    what = scenario(crowd={"pauses": {"look": {"median_s": 5, "p95_s": 15}}})
    customer = Customer(SharedFacts(what, seed=1, run="r", operations=()), 1, 0)
    assert (customer.thinks("look"), customer.thinks("tap")) == (Think(5, 15), Think(1, 3))
