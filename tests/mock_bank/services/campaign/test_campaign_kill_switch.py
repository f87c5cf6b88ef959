"""The campaign kill switch over real nodes: it pauses grants and nothing else, tells people, and goes on by two of them."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import orjson
import pytest
from answering import JsonAnswers, answering
from services_acts import check_in, code_of, earn, register
from services_world import OPERATOR, PEOPLE, PROJECT, STEERING, Node, World, new_key, session, wait_for

from chaos.registry import build_fault
from chaos.target_handles import Handles
from mock_bank.services.campaign import kill_switch
from mock_bank.services.campaign.kill_switch.signals import Transactions
from mock_bank.services.kit.config import load
from mock_bank.services.kit.service_node import ServiceNode

QUICK: dict[str, Any] = {"window_s": 1.0, "minimum": 10, "grave_at": 0.5, "calm_below": 0.3}
NEVER: dict[str, Any] = {"minimum": 1_000_000, "grave_at": 1, "calm_below": 1}
ONE, ANOTHER, NOBODY = "head-of-risk", "president", "intern"


@pytest.fixture
def armed(services: World) -> Iterator[Callable[..., str]]:
    """Makes campaigns whose switch goes by what is named, and by nothing else; taken away afterwards, the dials at rest."""
    services.database.sql("delete from campaign.signals")  # what the test before this one said
    made: list[str] = []

    def make(**more: Any) -> str:
        signals = dict.fromkeys(("failures", "sentiment", "complaints"), NEVER)
        made.append(services.campaign(kill_switch={"armed": True} | signals | more))
        return made[-1]

    yield make
    for supplier in ("sentiment", "complaints", "executives", "risk"):
        services.turn(supplier, blackhole=None, errors=None, unacknowledged=None)
    for name in made:
        services.campaign(id=name, replace=True, activity={"id": f"a{name}"})


def say(services: World, feed: str, bad: int, good: int = 0) -> None:
    """Somebody says something."""
    scores = [-0.9] * bad + [0.9] * good
    session().post(f"{services.suppliers}/{feed}", json={"scores": scores}, headers=STEERING, timeout=5).raise_for_status()


def told(node: Node, campaign: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The campaign's switch, and what happened to it."""
    data = node.ops("GET", "/v1/ops/kill-switch")[1]["data"]
    (switch,) = [one for one in data["switches"] if one["campaign_id"] == campaign]
    return switch, [(one["kind"], one["about"]) for one in data["changes"] if one["campaign_id"] == campaign]


def happens(node: Node, campaign: str, kind: str) -> Any:
    """The first change of that kind, waited for."""
    return wait_for(lambda: next((about for what, about in told(node, campaign)[1] if what == kind), None), f"{campaign}: {kind}", 10)


def signed(node: Node, person: str) -> str:
    """What a person signs with."""
    return str(node.ops("POST", f"/v1/ops/people/{person}/sessions", {"secret": PEOPLE[person]})[1]["data"]["person"])


def ask(node: Node, campaign: str, person: str) -> tuple[str, str]:
    """The first signature: code, and token."""
    body = {"person": signed(node, person), "reason": "all is well"}
    envelope = node.ops("POST", f"/v1/ops/campaigns/{campaign}/kill-switch/resume-requests", body)[1]
    return envelope["code"], (envelope["data"] or {}).get("resume_token", "")


def resume(node: Node, campaign: str, person: str, token: str) -> str:
    """The second signature: the code."""
    body = {"person": signed(node, person), "reason": "all is well", "resume_token": token}
    return str(node.ops("POST", f"/v1/ops/campaigns/{campaign}/kill-switch/resume", body)[1]["code"])


class Feeds(JsonAnswers):
    """Feeds that say what the test has them tell."""

    told: ClassVar[dict[str, object]] = {}

    def get(self) -> None:
        """Whichever is asked."""
        told = self.told.get(self.path.partition("?")[0].strip("/"), {"latest": 0, "mentions": []})
        self.say(200, orjson.Fragment(json.dumps(told)))  # for it may tell numbers that orjson does not write


def test_services_kill_switch_pauses_grants_tells_people_and_goes_on_by_two(services: World, armed: Callable[..., str]) -> None:
    """In both centres at once; coupons stay redeemable; an operator alone, one signature and a used token do nothing."""
    name = armed(sentiment=QUICK)
    me, other = services.people(2)
    here, there = services.campaigns
    won, late = new_key(), new_key()
    assert me.claim(here, f"a{name}", won)[1]["code"] == "OK"
    say(services, "sentiment", 19, 20)
    say(services, "sentiment", 2)
    assert happens(there, name, "tripped") == "sentiment"
    for node in services.campaigns:
        assert other.claim(node, f"a{name}", late)[1]["code"] == "CAMPAIGN_PAUSED"
        assert told(node, name)[0]["tripped"]
    assert check_in(services, other, name)[0] == "CAMPAIGN_PAUSED"
    coupon = {"order_id": "o", "amount_fen": 500}
    assert me.ask(there, "POST", f"/v1/coupons/CP-{won}/redemptions", coupon, new_key())[1]["code"] == "OK"
    assert happens(here, name, "noticed") == happens(here, name, "acknowledged") == "duty-manager"
    assert [call["subject"] for call in services.supplier_calls(f"{name}.1.1")] == ["duty-manager"]

    happens(here, name, "calm")
    alone = here.ops("POST", f"/v1/ops/campaigns/{name}/resume", {"actor": "operator 7", "reason": "alone"})
    assert (alone[0], alone[1]["code"]) == (409, "KILL_SWITCH_TRIPPED")
    assert ask(here, name, NOBODY)[0] == "NO_AUTHORITY"
    _, token = ask(here, name, ONE)
    assert (resume(there, name, ONE, token), resume(here, name, ANOTHER, token)) == ("SAME_PERSON", "BAD_RESUME_TOKEN")
    _, token = ask(here, name, ONE)
    assert [resume(there, name, ANOTHER, token) for _ in range(2)] == ["OK", "NOT_TRIPPED"]
    assert other.claim(here, f"a{name}", late)[1]["code"] == "OK"
    audit = [row["action"] for row in here.read_back("/v1/ops/audit") if row["target"] == name]
    assert audit[1:] == [f"kill-switch.{kind}" for kind, _ in told(here, name)[1]]


def test_services_pause_keeps_out_grants_and_nothing_else(services: World) -> None:
    """Points are spent, and none are earned; who registers, books, reads or unpacks what was given goes on."""
    goods = [{"id": "phone", "points": 20, "face_fen": 1000}]
    name = services.campaign(goods=goods)
    (me,), (here, there) = services.people(1), services.campaigns
    assert earn(services, me, name, 2000)[0] == "OK"
    member = me.ask(services.banks[0], "GET", "/bank/v1/membership")[1]["data"]
    mine = {"campaign_id": name, "tier": member["tier"], "tier_token": member["tier_token"]}
    right = me.ask(here, "POST", "/v1/rights", mine, new_key())[1]
    assert right["code"] == "OK"
    assert here.ops("POST", f"/v1/ops/campaigns/{name}/pause", {"actor": "operator 7", "reason": "a test"})[0] == 200
    goes_on: list[tuple[str, dict[str, object]]] = [
        ("/v1/points/exchanges", {"goods_id": "phone"}),
        ("/v1/advisers/bookings", {"slot": 1}),
        ("/v1/popups", {"view": "1"}),
        ("/v1/pushes", {}),
        ("/v1/parcels", {"right_id": right["data"]["right_id"], "address": "1 Test Road"}),
    ]
    told = {path: me.ask(there, "POST", path, {"campaign_id": name} | body, new_key())[1]["code"] for path, body in goes_on}
    assert told == {path: "OK" for path, _ in goes_on}
    assert register(services, me, name, code_of(services, me, name)) == "OK"
    assert me.ask(there, "POST", "/v1/booth-gifts", {"campaign_id": name}, new_key())[1]["code"] == "CAMPAIGN_PAUSED"
    assert earn(services, me, name, 2000)[0] == check_in(services, me, name)[0] == "CAMPAIGN_PAUSED"


def test_services_pause_keeps_out_what_the_target_calls_pausable() -> None:
    """The target's file and the mock's functions say the same of every feature."""
    features = Path(kill_switch.__file__).parent.parent
    asks = {one.parent.name for one in features.glob("*/functions.sql") if "campaign.closed(" in one.read_text("utf-8")} - {"campaigns"}
    files = (PROJECT / "scenarios/targets/embedded").glob("*.yaml")
    assert asks == {one.stem for one in files if "pausable: true" in one.read_text("utf-8")}


def test_services_kill_switch_leaves_alone_what_is_not_open(services: World, armed: Callable[..., str]) -> None:
    """A draft and what an operator has paused are not its to pause, nor to open; and an operator's pause outlasts its own."""
    names = draft, paused, both, opened = [armed(sentiment=QUICK) for _ in range(4)]
    here = services.campaigns[0]
    services.database.sql(f"update campaign.campaigns set state = 'DRAFT' where campaign_id = '{draft}'")  # noqa: S608 - our own value
    pause = {"actor": "operator 7", "reason": "mine"}
    assert here.ops("POST", f"/v1/ops/campaigns/{paused}/pause", pause)[0] == 200
    say(services, "sentiment", 21)
    for name in (both, opened):
        happens(here, name, "tripped")
    assert here.ops("POST", f"/v1/ops/campaigns/{both}/pause", pause)[0] == 200
    for name in (both, opened):
        happens(here, name, "calm")
        assert resume(here, name, ANOTHER, ask(here, name, ONE)[1]) == "OK"
    states = [services.database.sql(f"select state from campaign.campaigns where campaign_id = '{name}'") for name in names]  # noqa: S608 - as above
    assert states == ["DRAFT", "PAUSED", "PAUSED", "OPEN"]
    assert [told(here, name)[0]["trips"] for name in names] == [0, 0, 1, 1]
    assert here.ops("POST", f"/v1/ops/campaigns/{both}/resume", pause)[0] == 200


def test_services_kill_switch_tells_the_next_until_one_acknowledges(services: World, armed: Callable[..., str]) -> None:
    """Who reads it and leaves it to others is not the last; who cannot be reached is not waited for."""
    services.turn("executives", unacknowledged=1.0)
    name = armed(complaints=QUICK | {"minimum": 1, "grave_at": 0.05, "calm_below": 0.01, "window_s": 5}, escalates_after_s=0.4)
    (me,) = services.people(1)
    check_in(services, me, name)
    say(services, "complaints", 20)
    here = services.campaigns[0]
    assert happens(here, name, "tripped") == "complaints"
    wait_for(lambda: ("noticed", "president") in told(here, name)[1], "the third is told", 10)
    services.turn("executives", errors=1.0)
    assert happens(here, name, "undelivered")
    services.turn("executives", errors=None, unacknowledged=None)
    happens(here, name, "acknowledged")
    assert [about for kind, about in told(here, name)[1] if kind == "noticed"][:3] == ["duty-manager", "head-of-retail", "president"]


TURN = """select campaign.turn_kill_switch(campaign_id, version, '{"trips": 0}',
    '[{"kind": "heard", "about": "test", "detail": "", "actor": "test"}]', 'node', 'A')
      from (select * from campaign.kill_switches where campaign_id = $1 for update) its"""


def test_services_kill_switch_numbers_changes_as_they_become_known(services: World, armed: Callable[..., str]) -> None:
    """Who asks for what came after the last number misses none: of two campaigns the later number waits for the earlier one."""
    one, another = armed(), armed()

    async def both() -> None:
        pool = asyncpg.create_pool(services.database.dsn, min_size=2, max_size=2)
        async with pool, pool.acquire() as first, pool.acquire() as second:
            under_way = first.transaction()
            await under_way.start()
            assert await first.fetchval(TURN, one)
            await second.execute("set lock_timeout = '100ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await second.fetchval(TURN, another)
            await under_way.commit()
            await second.execute("reset lock_timeout")
            assert await second.fetchval(TURN, another)

    asyncio.run(both())
    changes = services.campaigns[0].ops("GET", "/v1/ops/kill-switch")[1]["data"]["changes"]
    assert [change["campaign_id"] for change in changes if change["about"] == "test"] == [one, another]


def test_services_kill_switch_counts_what_customers_did_not_get(services: World, armed: Callable[..., str]) -> None:
    """Leave to claim that is refused for want of a risk decision is a failure; the books, where they do not agree, are one of their own."""
    name, wrong = armed(failures=QUICK | {"window_s": 5}), armed()
    (me,) = services.people(1)
    services.turn("risk", errors=1.0)
    node = services.node("campaign", f"c-{name}", "A")
    for _ in range(40):
        me.ask(node, "GET", f"/v1/activities/a{name}/token")
    assert happens(node, name, "tripped") == "failures"
    services.database.sql(
        "update campaign.stock_shards set granted = capacity + 1 where shard = 0 and stock_id ="  # noqa: S608 - our own values
        f" (select stock_id from campaign.stock where activity_id = 'a{wrong}')"
    )
    assert happens(node, wrong, "tripped") == "books"
    services.stop(node)


def test_services_kill_switch_counts_each_transaction_once_and_at_its_time(services: World, armed: Callable[..., str]) -> None:
    """However often a half second is written, as it grows or because nobody knows, it counts once; and as of when it was."""
    armed()
    config = load(services.campaigns[0].config)
    seen = Transactions(ServiceNode(config, None))  # type: ignore[arg-type]  # it asks nobody
    now = time.time_ns() // 1_000_000
    began = now - now % 500

    def write(at_ms: int) -> None:
        rows = ", ".join(f"({at}, {total}, {bad})" for at, (total, bad) in seen.unwritten(at_ms).items())
        services.database.sql(
            f"select campaign.hear('failures', array_agg(t), array_agg(text '{seen.source}'), array_agg(a), array_agg(b))"  # noqa: S608 - our own values
            f" from (values {rows}) as v (t, a, b)"
        )

    seen.see(began - 30_000, failed=True)  # the database was away for so long
    seen.see(began, failed=False)
    for _ in range(2):
        write(now)
    seen.see(began + 499, failed=True)
    write(now)
    seen.written(seen.unwritten(now), now)
    assert seen.unwritten(now) == {began: (2, 1)}, "what may still grow is kept"
    seen.written(seen.unwritten(now), began + 500)
    assert not seen.unwritten(now)
    rows = services.database.sql(f"select at_ms, total, bad from campaign.signals where source = '{seen.source}' order by 1")  # noqa: S608 - as above
    assert rows.split("\n") == [f"{began - 30_000}|1|1", f"{began}|2|1"]


def test_services_kill_switch_keeps_its_counts_no_longer_than_they_matter(services: World) -> None:
    """What is older than every window is nobody's loss, and must not fill the memory."""
    seen = Transactions(ServiceNode(load(services.campaigns[0].config), None))  # type: ignore[arg-type]  # it asks nobody
    for at_ms in range(0, 1_000_000, 500):
        seen.see(at_ms, failed=True)
    assert min(seen.unwritten(1_000_000)) > 1_000_000 - 300_500
    seen.forget()
    assert not seen.unwritten(1_000_000)


def test_services_kill_switch_hears_customers_tickets(services: World, armed: Callable[..., str]) -> None:
    """A complaint is one whoever takes it down; what is no complaint is none, and another campaign's is not this one's."""
    plan = {"minimum": 1, "least_bad": 5, "grave_at": 0.05, "calm_below": 0.01, "window_s": 5}
    name, other = armed(complaints=plan), armed(complaints=plan)
    (me,) = services.people(1)
    for campaign, category, tickets in ((name, "complaint", 5), (other, "enquiry", 9)):
        for _ in range(tickets):
            body = {"campaign_id": campaign, "category": category, "text": "?"}
            assert me.ask(services.campaigns[1], "POST", "/v1/tickets", body, new_key())[0] == 200
    assert happens(services.campaigns[0], name, "tripped") == "complaints"
    assert not told(services.campaigns[0], other)[0]["tripped"]


def test_services_kill_switch_takes_a_silent_feed_for_an_alarm(services: World, armed: Callable[..., str]) -> None:
    """It is told, audited, and pauses nothing; and so is its return."""
    name = armed(sentiment=QUICK | {"stale_after_s": 0.5})
    here = services.campaigns[0]
    services.turn("sentiment", errors=1.0)
    assert happens(here, name, "stale") == "sentiment"
    services.turn("sentiment", errors=None)
    assert happens(here, name, "heard") == "sentiment"
    assert told(here, name)[0]["trips"] == 0


UNREADABLE: list[object] = [
    None,
    "bad",
    {},
    {"seq": 1, "at_ms": 1},
    {"seq": 2**70, "at_ms": 1, "score": 0},
    {"seq": 1, "at_ms": "x", "score": 0},
]


def test_services_kill_switch_outlives_what_a_feed_says(services: World, armed: Callable[..., str]) -> None:
    """What cannot be read is left out, and the rest counts; a feed of nothing else, or of no sense at all, is as silent as a dead one."""
    name = armed(sentiment=QUICK | {"window_s": 5.0}, complaints=NEVER | {"stale_after_s": 0.5})
    said = [{"seq": number, "at_ms": time.time_ns() // 1_000_000, "score": -0.9} for number in range(1, 21)]
    feeds: dict[str, object] = {"sentiment": {"latest": 20, "mentions": [*UNREADABLE, *said]}}
    feeds["complaints"] = {"latest": 6, "mentions": UNREADABLE}
    with answering(Feeds, told=feeds) as suppliers:
        services.turn("complaints", errors=1.0)
        node = services.node("campaign", f"c-{name}", "A", suppliers_url=suppliers)
        assert happens(node, name, "tripped") == "sentiment"
        assert happens(node, name, "stale") == "complaints"
        feeds |= {"sentiment": [], "complaints": {"latest": 6, "mentions": []}}
        services.turn("complaints", errors=None)
        assert happens(node, name, "heard") == "complaints"
        assert services.stop(node) == 0


@pytest.mark.parametrize("secret", [PEOPLE[ONE], "", "x", "\u00e9"], ids=["anothers", "empty", "wrong", "not-ascii"])
def test_services_people_sign_in_by_a_secret_of_their_own(services: World, secret: str) -> None:
    """Whoever has the operator's token and a colleague's secret, or none, is not let in; nor is somebody who has none here."""
    for person in (ANOTHER, "somebody"):
        status, envelope = services.campaigns[0].ops("POST", f"/v1/ops/people/{person}/sessions", {"secret": secret})
        assert (status, envelope["code"]) in ((403, "FORBIDDEN"), (400, "BAD_PARAM"))


def test_services_kill_switch_has_its_planted_defects(services: World, armed: Callable[..., str]) -> None:
    """A pause that holds in one centre only, and one who signs twice."""
    name = armed(sentiment=QUICK)
    node = services.node("campaign", f"c-{name}-b", "B", switches={"pauses_one_centre": True, "one_signature": True})
    (me,) = services.people(1)
    say(services, "sentiment", 20)
    happens(node, name, "calm")
    assert me.claim(services.campaigns[1], f"a{name}")[1]["code"] == "CAMPAIGN_PAUSED"
    assert me.claim(node, f"a{name}")[1]["code"] == "OK"
    _, token = ask(node, name, ONE)
    assert resume(node, name, ONE, token) == "OK"
    services.stop(node)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"sentiment": QUICK | {"calm_below": 0.9}}, "sentiment: a window"),
        ({"contacts": []}, "kill_switch.contacts"),
        ({"sentiment": QUICK | {"grave_at": 2}}, "kill_switch.sentiment.grave_at"),
    ],
)
def test_services_kill_switch_that_makes_no_sense_is_not_armed(services: World, plan: dict[str, Any], said: str) -> None:
    """Its campaign is refused."""
    with pytest.raises(AssertionError, match=said):
        services.campaign(kill_switch={"armed": True} | plan)


def test_services_kill_switch_lets_a_drills_two_people_end_a_pause(
    services: World, armed: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before them the fault says that it has no effect; after them grants go on."""
    monkeypatch.setenv("STORMDRILL_OPERATOR_TOKEN", OPERATOR)
    name = armed(sentiment=QUICK)
    (me,) = services.people(1)
    here = services.campaigns[0]
    people = {f"STORMDRILL_PERSON_{person.upper().replace('-', '_')}_TOKEN": secret for person, secret in PEOPLE.items()}
    for variable, secret in people.items():
        monkeypatch.setenv(variable, secret)
    handles = Handles(others={"kill-switch": here.url}, secrets=("STORMDRILL_OPERATOR_TOKEN", *people))
    fault = build_fault("authorised-resume", {"campaign": name})
    say(services, "sentiment", 21)
    happens(here, name, "tripped")
    target = fault.find_target(handles)
    assert not fault.is_effective(handles, target).holds
    happens(here, name, "calm")
    nobody = build_fault("unauthorised-resume", {"campaign": name})
    nobody.inject(handles, nobody.find_target(handles))
    kinds = [kind for kind, _ in told(here, name)[1]]
    assert (kinds.count("asked"), kinds.count("refused"), kinds.count("resumed")) == (3, 5, 0)
    assert me.claim(here, f"a{name}", new_key())[1]["code"] == "CAMPAIGN_PAUSED"
    fault.inject(handles, target)
    assert fault.is_effective(handles, target).holds
    assert me.claim(here, f"a{name}", new_key())[1]["code"] == "OK"
