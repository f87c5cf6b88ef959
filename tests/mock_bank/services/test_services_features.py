"""A feature is a folder: it is found by being there, and what it builds on is said by it."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from loopback import free_port
from services_world import PROJECT, World, new_key

from mock_bank.services.kit.features import Feature, features
from mock_bank.services.kit.switches import switches

WISH = {
    "__init__.py": '"""Wishes."""\n\nNEEDS = ("campaigns", "idempotency")\n',
    "tables.sql": """
        create table if not exists campaign.wishes (
            wish_id     text primary key,
            campaign_id text not null references campaign.campaigns on delete cascade,
            customer_no text not null,
            text        text not null
        );""",
    "functions.sql": """
        create or replace function campaign.wish(
            p_key text, p_hash bytea, p_customer text, p_campaign text, p_text text, p_site text, out code text, out data text
        ) language plpgsql as $$
        begin
            select r.code, r.data into code, data from campaign.replay(p_key, 'wish.post', p_customer, p_hash) r;
            if code is not null then
                return;
            end if;
            code := case when p_text like 'no %' then 'WISH_REFUSED' else 'OK' end;
            if code = 'OK' and not campaign.switched_on('lose_wishes') then
                insert into campaign.wishes values ('WI-' || p_key, p_campaign, p_customer, p_text);
            end if;
            data := json_build_object('wish_id', 'WI-' || p_key);
            perform campaign.remember(p_key, 'wish.post', p_customer, p_hash, p_campaign, code, data, p_site);
        end $$;""",
    "switches.py": """
from mock_bank.services.kit.switches import Switch

LOSE_WISHES = Switch("lose_wishes", "wishes are acknowledged and not kept")
""",
    "operations.py": '''
from pydantic import BaseModel

from mock_bank.services.kit.codes import OK, Code
from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body, Reply, Request, Sample, effect, operation
from mock_bank.services.kit.read_back import ReadBackTable
from mock_bank.services.kit.service_node import ServiceNode

WISH_REFUSED = Code("WISH_REFUSED", 409, "not everything can be wished for")


class WishBody(Body):
    """A wish."""

    campaign_id: Name
    text: str


class WishReply(BaseModel):
    """Its number."""

    wish_id: str


class WishRow(BaseModel):
    """A wish, read back."""

    wish_id: str
    campaign_id: str
    customer_no: str
    text: str


@operation("wish.post", "POST", "/v1/wishes", WishReply, codes=(OK, WISH_REFUSED), body=WishBody, effectful=True, keyed=True,
           sample=Sample({"campaign_id": "{campaign_id}", "text": "{tag}"}))
async def post(node: ServiceNode, request: Request) -> Reply:
    """Make a wish."""
    return await effect(node, "campaign.wish", request, request.body.campaign_id, request.body.text)


WISHES = ReadBackTable("wishes", "/v1/ops/wishes", "wish_id", WishRow,
    "select wish_id, campaign_id, customer_no, text from campaign.wishes where wish_id > $1 order by wish_id limit $2")
''',
}


@pytest.fixture
def copy(services: World, tmp_path: Path) -> Iterator[World]:
    """A copy of the code, to put features into, and a database of its own on the same server."""
    shutil.copytree(PROJECT / "mock_bank", tmp_path / "mock_bank", ignore=shutil.ignore_patterns("__pycache__"))
    services.database.sql("create database copy", "postgres")
    world = World(replace(services.database, name="copy"), tmp_path, tmp_path)
    try:
        yield world
    finally:
        for node in list(world.nodes):
            world.stop(node)
        services.database.sql("drop database copy with (force)", "postgres")


def put(world: World, place: str, files: dict[str, str]) -> None:
    """Write a feature's folder."""
    folder = world.code / "mock_bank" / "services" / place
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)


def test_services_feature_is_found_by_being_there(copy: World) -> None:
    """One new folder, no other edit: its table, route, codes, OpenAPI entry, read-back rows, switch, and its share when a campaign goes."""
    put(copy, "campaign/wishes", WISH)
    installed = copy.install()
    assert installed.returncode == 0, installed.stderr
    copy.banks.append(copy.node("bank", "bank-copy", "A"))
    copy.campaigns.append(copy.node("campaign", "campaign-copy", "A"))
    (node,) = copy.campaigns
    (me,) = copy.people(1)
    name, key = copy.campaign(), new_key()
    wish = {"campaign_id": name, "text": "snow"}
    first = me.ask(node, "POST", "/v1/wishes", wish, key)
    assert (first[0], first[1]["data"]) == (200, {"wish_id": f"WI-{key}"})
    assert me.ask(node, "POST", "/v1/wishes", wish, key)[1]["data"] == first[1]["data"]
    refused = me.ask(node, "POST", "/v1/wishes", wish | {"text": "no snow"}, new_key())
    assert (refused[0], refused[1]["code"], refused[1]["message"]) == (409, "WISH_REFUSED", "not everything can be wished for")
    row = {"wish_id": f"WI-{key}", "campaign_id": name, "customer_no": me.no, "text": "snow"}
    assert node.read_back("/v1/ops/wishes") == [row]
    described = requests.get(node.url + "/openapi.json", timeout=5).json()["paths"]
    assert described["/v1/wishes"]["post"]["operationId"] == "wish.post"
    assert described["/v1/wishes"]["post"]["summary"] == "Make a wish."
    assert "WISH_REFUSED" in described["/v1/wishes"]["post"]["responses"]["409"]["description"]
    assert described["/v1/ops/wishes"]["get"]["operationId"] == "readback.wishes"

    lossy = copy.node("campaign", "lossy", "B", switches={"lose_wishes": True})
    assert me.ask(lossy, "POST", "/v1/wishes", wish, new_key())[1]["code"] == "OK"
    assert node.read_back("/v1/ops/wishes") == [row]

    again = {"id": name, "replace": True, "start_at": "2026-01-01T00:00:00Z", "end_at": "2126-01-01T00:00:00Z"}
    activity = {"id": f"a{name}", "opens_at": again["start_at"], "closes_at": again["end_at"]}
    again["activities"] = [activity | {"skus": [{"sku": "gold", "batch": "b1", "stock": 1, "face_fen": 5}]}]
    assert node.ops("POST", "/v1/ops/campaigns", again)[0] == 200
    assert node.read_back("/v1/ops/wishes") == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"__init__.py": 'NEEDS = ("campains",)'}, "campaign/wishes: NEEDS names 'campains'; there are: advisers, all_grants, audit, "),
        ({"__init__.py": 'NEEDS = ("wishes",)'}, "need each other in a circle: wishes, wishes"),
        ({"functions.sql": "create function campaign.f() returns int language sql as 'select no_such()'"}, "no_such() does not exist"),
        ({"tables.sql": "create tabel campaign.wishes ()"}, "campaign/wishes/tables.sql: the database refuses it: syntax error"),
    ],
    ids=["need-of-nothing", "circle", "function-that-calls-nothing", "no-sql"],
)
def test_services_feature_that_cannot_be_is_refused_in_one_sentence(copy: World, changes: dict[str, str], said: str) -> None:
    """Exit 64, one line, the place."""
    put(copy, "campaign/wishes", {"__init__.py": ""} | changes)
    installed = copy.install()
    assert (installed.returncode, installed.stderr.count("\n")) == (64, 1), installed.stderr
    assert said in installed.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"wish.post"', '"claim.submit"'), "two operations go by the name claim.submit"),
        (('"/v1/wishes"', '"/v1/checkins"'), "two operations go by the name POST /v1/checkins"),
        (('"WISH_REFUSED", 409', '"SOLD_OUT", 410'), "two codes go by the name SOLD_OUT"),
    ],
)
def test_services_name_stands_once(services: World, copy: World, change: tuple[str, str], said: str) -> None:
    """Two features cannot both have it; the node says which, and does not start."""
    put(copy, "campaign/wishes", WISH | {"operations.py": WISH["operations.py"].replace(*change)})
    ended = copy.run_node(services.campaigns[0], port=free_port())
    assert (ended.returncode, ended.stderr.count("\n")) == (64, 1), ended.stderr
    assert said in ended.stderr


def all_features() -> list[Feature]:
    """Each once."""
    return list({feature.folder: feature for service in ("bank", "campaign") for feature in features(service)}.values())


@pytest.mark.parametrize("feature", all_features(), ids=lambda feature: f"{feature.owner}-{feature.name}")
def test_services_feature_says_all_that_it_builds_on(feature: Feature) -> None:
    """Its SQL names no other feature's table or function, and its modules import no other feature, but those that it NEEDS."""
    others = {other.name: other for other in features(feature.service)}
    made = {thing: other.name for other in others.values() for thing in created(other)}
    sql = "".join(text for path in feature.folder.iterdir() if path.suffix in {".sql", ".py"} for text in [path.read_text()])
    named = {made[thing] for thing in re.findall(r"\b(?:bank|campaign|\{schema\})\.(\w+)", sql) if thing in made}
    imported = set(re.findall(rf"from mock_bank\.services\.(?:{feature.service}|common)\.(\w+)", sql))
    assert (named | imported) - {feature.name} <= set(feature.needs)


def created(feature: Feature) -> list[str]:
    """The tables and functions that a feature's SQL makes."""
    text = feature.sql("tables.sql") + feature.sql("functions.sql")
    return re.findall(r"create (?:or replace function|table if not exists) \w+\.(\w+)", text)


DEFECTS = {
    "allow_oversell": "grants are not bound by the stock",
    "always_sold_out": "everybody is told that it is sold out",
    "budget_unbound": "more is granted from a bucket than there is in it",
    "compensate_again": "whoever complains again is compensated again",
    "discount_for_every_card": "the first-bind discount is given again and again",
    "desk_asleep": "nobody responds to tickets",
    "streak_a_day_more": "a streak is counted a day longer than it is",
    "last_caller_first": "agents take whoever has called last",
    "robot_guesses": "the robot gives everybody the first answer of its book",
    "double_points_always": "points are doubled outside the window too",
    "lottery_odds_halved": "prizes are won half as often as is published",
    "points_on_credit": "goods are given for points that the customer does not have",
    "refund_twice": "points are given back twice where the supplier fails",
    "coupon_for_every_friend": "every verified friend from the last that is needed on earns another coupon",
    "any_day_works": "holidays and weekends count as working days, and payments are promised for them",
    "code_of_anybody": "a code is good for whoever shows it",
    "invite_oneself": "customers may invite themselves",
    "bundle_not_undone": "a plan stays open though there was no coupon left for it",
    "statement_of_one_centre": "a merchant's statement leaves out what was paid in centre B",
    "spending_of_one_centre": "the report on what a customer spends leaves out what was paid in centre B",
    "kpi_counts_attempts": "the service reports what was asked for as done",
    "manual_redeems_again": "what is being redeemed with the supplier is redeemed by hand as well",
    "last_link_wins": "a customer who follows a second link is owed to that one",
    "source_counts_twice": "a link counts each customer twice",
    "team_scores_twice": "a team's score counts each payment twice",
    "team_rank_stale": "the list of teams is ten seconds old, and says that it is not",
    "team_runner_up_wins": "the second best team wins what is the best one's",
    "team_without_limit": "a team takes more members than it may have",
    "deaf_to_sentiment": "the kill switch does not hear what is said of the campaign",
    "no_read_back": "the operator's read-back is not there",
    "one_signature": "whoever asked may let a paused campaign go on himself",
    "pauses_one_centre": "a pause holds in centre A only",
    "popup_without_cap": "a customer is shown pop-ups without end",
    "restock_asks_both": "what a supplier has delivered is ordered from the other one as well",
    "restock_twice": "a batch that came is added to the stock twice over",
    "restock_unforecast": "more of a prize is ordered however long it lasts",
    "restock_unbound": "more of a prize is ordered than its plan allows",
    "rungs_unlocked": "a rung of the ladder can be done before the one below it",
    "deal_at_todays_rate": "a deal is made at the rate of the moment, whatever its quote showed",
    "quotes_never_expire": "a quote is honoured when its time is long over",
    "parcels_again": "whoever says another address is sent the prize once more",
    "parcels_for_anybody": "whoever knows the number of another's right is sent the prize",
    "best_prize_for_all": "customers of every tier are sent what is gold customers'",
    "challenges_skipped": "a large transfer goes through without a challenge",
    "new_devices_trusted": "a telephone that nobody knows needs no challenge",
    "assertions_unchecked": "whatever is shown as a telephone's signature is taken for one",
    "answers_used_again": "an answered challenge lets through any transfer of its customer's, as often as they like",
    "answers_never_expire": "an answered challenge is good for ever",
    "carbon_without_cap": "a customer earns low-carbon points without end",
    "gift_again": "who asks for the gift again has another one",
    "rights_for_all": "a tier's right is given to whoever asks for it",
    "vip_hours_for_all": "hours that are gold customers' alone are given to whoever asks",
    "fee_waived_for_all": "customers who are not gold are spared the fee as well",
    "privilege_without_end": "gold customers are spared the fee at any time, and as often as they like",
    "push_again": "the first letter is pushed again and again",
    "push_without_cap": "a customer is pushed letters without end",
    "unread_never_falls": "what a customer has read still counts as unread",
    "old_rules_accepted": "rules that have changed meanwhile can still be accepted",
    "grants_name_first_rules": "a grant names the first version of the rules, whatever is in force",
    "all_alike": "a node that is full turns away money as soon as what can be left out",
    "every_second_seen": "only every second report of what was seen is counted",
    "slot_taken_twice": "an adviser's hour is given to whoever asks for it",
}
"""What each switch breaks, by its name."""


def test_services_switches_are_their_features() -> None:
    """Each stands in the folder of the feature whose rule it breaks."""
    assert {name: switch.defect for name, switch in switches().items()} == DEFECTS
