"""The campaign is held against its plan, not against what the system has made of it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from handmade import Story
from handmade_plan import T0_MS
from handmade_stories import healthy, said

import reports
from scenarios.plan.campaign import campaign_statics
from scenarios.plan.scenario import Scenario

TOLD: dict[str, object] = {
    "opens": "{campaign.opens_at}",
    "closes": "{campaign.closes_at}",
    "cap": "{campaign.per_customer}",
    "pool": ["{campaign.pool_fen}", "{campaign.least_fen}", "{campaign.most_fen}"],
    "prizes": "{list}",
}
OF_ACTIVITY, OF_CAMPAIGN = 0, 1


def opened(folder: Path, told: dict[str, object] | None = None) -> Story:
    """A run whose campaign was opened by a request that tells the plan, and whose system has it so."""
    story = healthy(folder)
    story.scenario["campaign"] = {"bell": "peak", "prizes": {"skus": 1, "stock": story.stock, "per_customer": 1}}
    each = {"sku": "{sku}", "stock": "{stock}"}
    step = {"service": "bank", "path": "/open", "over": "prizes", "each": each, "body": TOLD if told is None else told}
    story.target["prepare"] = {"open": [step]}
    plan = Scenario.model_validate(story.scenario)
    story.statics = campaign_statics(plan, datetime.fromisoformat(story.t0_wall))
    times = {name: _ms(str(story.statics[f"campaign.{name}"])) for name in ("opens_at", "closes_at", "start_at", "end_at")}
    story.tables["windows"] = [
        {"window": "flash", "opens_ms": times["opens_at"], "closes_ms": times["closes_at"], "cap": 1},
        {
            "window": "spring",
            "opens_ms": times["start_at"],
            "closes_ms": times["end_at"],
            "pool_fen": 5_000_000,
            "least_fen": 1,
            "most_fen": 2000,
        },
    ]
    for row in story.tables["grants"]:
        row["at_ms"] = times["opens_at"] + 1
    story.tables["stock"][0]["batch"] = "batch-1"
    for row in story.tables["grants"]:
        row["batch"] = "batch-1"
    return story


def _ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def changed(row: int, **fields: int) -> Callable[[Story], None]:
    """A window with other figures; times are in milliseconds from the planned ones."""

    def change(story: Story) -> None:
        window = story.tables["windows"][row]
        for name, value in fields.items():
            window[name] = int(str(window[name])) + value if name.endswith("_ms") else value

    return change


def fewer(story: Story) -> None:
    """Half of the stock, and it adds up."""
    story.tables["stock"][0] |= {"initial": 900, "remaining": 900 - int(str(story.tables["stock"][0]["granted"]))}


def no_such_prize(story: Story) -> None:
    """The prize that was planned has no stock at all."""
    story.tables["stock"][0]["item"] = "sku-9"


OTHERWISE: dict[str, tuple[Callable[[Story], None], str]] = {
    "less stock": (fewer, "stock of sku-1: planned 1000, opened with 900"),
    "no stock": (no_such_prize, "stock of sku-1: planned 1000, opened with None"),
    "a bell that rings too early": (changed(OF_ACTIVITY, opens_ms=-3000), "opens_ms of flash: planned"),
    "a bell that rings too late": (changed(OF_ACTIVITY, opens_ms=3000), "opens_ms of flash: planned"),
    "an end that comes too early": (changed(OF_ACTIVITY, closes_ms=-60_000), "closes_ms of flash: planned"),
    "another cap": (changed(OF_ACTIVITY, cap=2), "cap of flash: planned 1, opened with 2"),
    "a smaller pool": (changed(OF_CAMPAIGN, pool_fen=2_500_000), "pool_fen of spring: planned 5000000, opened with 2500000"),
    "other bounds": (changed(OF_CAMPAIGN, most_fen=20_000), "most_fen of spring: planned 2000, opened with 20000"),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_campaign_that_is_opened_otherwise_is_named(tmp_path: Path, name: str) -> None:
    """However well the system agrees with itself."""
    change, words = OTHERWISE[name]
    story = opened(tmp_path / "run")
    change(story)
    found = said(story)["opened-as-planned"]
    assert (found.status, found.measured) == ("FAIL", 1), found.evidence
    assert words in found.evidence[0]
    assert reports.judge_run(story.folder).word == "FAIL"


def test_a_campaign_that_is_opened_as_planned_is_in_order(tmp_path: Path) -> None:
    """All that was told: three figures of the activity, three of the pool, and the stock."""
    found = said(opened(tmp_path / "run"))["opened-as-planned"]
    assert (found.status, found.detail) == ("PASS", "7 figures of the campaign, none that is not as planned")


def test_windows_kept_to_the_second_are_in_order(tmp_path: Path) -> None:
    """Services may round their times."""
    story = opened(tmp_path / "run")
    changed(OF_ACTIVITY, opens_ms=-999)(story)
    assert said(story)["opened-as-planned"].status == "PASS"


def test_of_what_was_not_told_stock_face_and_cap_are_asked_all_the_same(tmp_path: Path) -> None:
    """A campaign that somebody else has opened has its own times and pool; but what it gives away is what was to be rehearsed."""
    story = opened(tmp_path / "run", {"prizes": "{list}"})
    changed(OF_ACTIVITY, opens_ms=-T0_MS // 1000)(story)
    changed(OF_CAMPAIGN, pool_fen=1)(story)
    assert said(story)["opened-as-planned"].detail.startswith("2 figures of the campaign, none")
    assert "opened-as-planned" not in said(healthy(tmp_path / "another"))


ELSEWHERE: dict[str, tuple[Callable[[Story], object], str]] = {
    "more stock": (lambda story: story.tables["stock"][0].update(initial=1360), "stock in all: planned 1000, opened with 1360"),
    "another face": (lambda story: story.tables["stock"][0].update(face_fen="4000"), "face_fen of sku-1: planned 5000, opened with 4000"),
    "another cap": (changed(OF_ACTIVITY, cap=3), "cap of flash: planned 1, opened with 3"),
    "another prize": (
        lambda story: story.tables["stock"][0].update(item="H-17", initial=136),
        "stock in all: planned 1000, opened with 136",
    ),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_campaign_that_somebody_else_has_opened_otherwise_is_named(tmp_path: Path, name: str) -> None:
    """The target's file opens nothing; the system gives away something else than was planned."""
    change, words = ELSEWHERE[name]
    story = opened(tmp_path / "run")
    del story.target["prepare"]
    change(story)
    found = said(story)["opened-as-planned"]
    assert (found.status, found.measured) == ("FAIL", 1), found.evidence
    assert words in found.evidence[0]
