"""Buckets that give more than they have, twice, another sum, or from the reserve are named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads_back
from handmade_plan import T0_MS
from handmade_stories import said

from reports.finding import merge
from scenarios.run.fault_event_kinds import FaultInjecting

FACE = {"first-bind": 800, "compensation": 1000}


def granted(folder: Path, discounts: int = 5, compensations: int = 3) -> Story:
    """So many of each, from buckets of five thousand and four thousand fen."""
    story = brief(folder)
    for op, table, bucket in (("bind.coupon", "binds", "first-bind"), ("compensation.accept", "comps", "compensation")):
        maps(story, op, table, {"business": "{customer}", "shown": "$.fen", "bucket": bucket})
    reads_back(story, "coupons", "rewards", "kind", "customer", "amount_fen", "id", "at_ms")
    reads_back(story, "budgets", "budgets", "bucket", "limit_fen", "spent_fen", "released_fen")
    buckets = {
        "first_bind": {"fen": 5000, "face_fen": 800},
        "compensation": {"fen": 4000, "face_fen": 1000},
        "reserve_fen": 9000,
        "community_fen": 700,
    }
    story.scenario["campaign"] = {"budgets": buckets}
    limits = {"first-bind": 5000, "compensation": 4000, "reserve": 9000, "community": 700}
    story.tables["budgets"] = [{"bucket": name, "limit_fen": fen, "spent_fen": 0, "released_fen": 0} for name, fen in limits.items()]
    for number in range(discounts):
        grant(story, "bind.coupon", "first-bind", number, 100 + number)
    for number in range(compensations):
        grant(story, "compensation.accept", "compensation", 50 + number, 200 + number)
    return story


def grant(story: Story, op: str, bucket: str, number: int, customer: int, fen: int | None = None) -> None:
    """One of them."""
    worth = FACE[bucket] if fen is None else fen
    happens(story, op, number, customer, 10 + number / 10, fen=worth)
    row = {"kind": bucket, "customer": customer, "amount_fen": worth, "id": f"C-{number}", "at_ms": T0_MS}
    story.tables["coupons"].append(dict(row))
    of(story, bucket)["spent_fen"] += worth


def of(story: Story, bucket: str) -> Any:
    """A bucket's row."""
    (row,) = [row for row in story.tables["budgets"] if row["bucket"] == bucket]
    return row


def twice_to_one(story: Story) -> None:
    """One person, two discounts."""
    grant(story, "bind.coupon", "first-bind", 20, 100)


def more_than_there_is(story: Story) -> None:
    """Seven of eight hundred out of five thousand."""
    for number in (20, 21):
        grant(story, "bind.coupon", "first-bind", number, 120 + number)


def another_sum(story: Story) -> None:
    """A compensation of five fen."""
    grant(story, "compensation.accept", "compensation", 70, 270, 5)


def not_debited(story: Story) -> None:
    """Granted, and the bucket is as it was."""
    of(story, "compensation")["spent_fen"] -= 1000


def no_coupon(story: Story) -> None:
    """Told that they have it, and nothing is there to redeem."""
    story.tables["coupons"].pop()


def reserve_touched(story: Story) -> None:
    """Nobody has released anything."""
    of(story, "reserve")["released_fen"] = -800


def ordered(story: Story, fen: int = 800) -> None:
    """A drill releases it for discounts."""
    who = {"drill": "reserve-release", "strike": "reserve-release", "fault": "reserve-released", "lease": "one"}
    story.tell("watchdog", 20, FaultInjecting(**who, parameters={"bucket": "first-bind", "amount_fen": fen}))


def booked(story: Story, fen: int = 800) -> None:
    """So much has left the reserve for discounts, with a row of the audit."""
    of(story, "first-bind")["released_fen"] += fen
    of(story, "reserve")["released_fen"] -= fen
    reads_back(story, "audit", "audit", "actor", "action", "at_ms")
    story.tables["audit"] = [{"actor": "drill", "action": "budget.release", "at_ms": T0_MS + 20_000}]


def released_twice(story: Story) -> None:
    """Ordered once."""
    ordered(story)
    booked(story, 1600)


def released_by_nobody(story: Story) -> None:
    """The drill ordered less."""
    booked(story)


def never_arrived(story: Story) -> None:
    """Out of the reserve, and into no bucket."""
    ordered(story)
    booked(story)
    of(story, "first-bind")["released_fen"] = 0


def without_a_trace(story: Story) -> None:
    """Released, and the audit does not tell it."""
    ordered(story)
    booked(story)
    story.tables["audit"].clear()


def teams_win(story: Story, winners: int = 2) -> None:
    """So many members of the best team have their prize of 700 fen, from a bucket for two; nobody asked for it."""
    cast("dict[str, object]", story.scenario["campaign"])["team"] = {"size": 2, "ends": "peak", "prize_fen": 700}
    story.tables["budgets"].append({"bucket": "team", "limit_fen": 1400, "spent_fen": 700 * winners, "released_fen": 0})
    for number in range(winners):
        row = {"kind": "team", "customer": 300 + number, "amount_fen": 700, "id": f"T-{number}", "at_ms": T0_MS + 10_000}
        story.tables["coupons"].append(dict(row))


def too_many_win(story: Story) -> None:
    """Three, of a team of two."""
    teams_win(story, 3)


def beyond_the_release(story: Story) -> None:
    """Eight of eight hundred out of five thousand and eight hundred."""
    ordered(story)
    booked(story)
    for number in (20, 21, 22):
        grant(story, "bind.coupon", "first-bind", number, 120 + number)


def paid_by_the_branches(story: Story) -> None:
    """A discount that is debited from what the branches keep for their events."""
    of(story, "community")["spent_fen"] += 800


def other_limit(story: Story) -> None:
    """A bucket as it was never planned."""
    of(story, "compensation")["limit_fen"] = 40_000


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (twice_to_one, "customer 100: 2 times from first-bind"),
    (more_than_there_is, "first-bind: 5600 fen out of 5000"),
    (another_sum, "5 fen, 1000 are planned"),
    (not_debited, "compensation: 2000 fen debited for grants of 3000"),
    (no_coupon, "compensation: 2 coupons of 2000 fen for 3 grants of 3000"),
    (reserve_touched, "reserve: 800 fen have left it, of 9000"),
    (released_twice, "reserve: 1600 fen have left it, of 9000 (9000 are planned, 800 released)"),
    (released_by_nobody, "first-bind: 800 fen came out of the reserve, 0 were released"),
    (never_arrived, "first-bind: 0 fen came out of the reserve, 800 were released"),
    (without_a_trace, "no row of the audit for 1 release"),
    (beyond_the_release, "first-bind: 6400 fen out of 5800"),
    (paid_by_the_branches, "community: -100 fen are left of 700, from which nothing is granted"),
    (too_many_win, "team: 2100 fen out of 1400"),
    (other_limit, "compensation: a limit of 40000 fen, 4000 are planned"),
]


def test_buckets_as_planned_pass(tmp_path: Path) -> None:
    """Told with sums and counts."""
    found = said(granted(tmp_path / "run"))["budgets"]
    assert (found.status, found.measured) == ("PASS", 0), found
    assert found.detail == "¥30.00 in 3 grants from compensation, ¥40.00 in 5 grants from first-bind; none not as planned"


def test_what_a_team_has_won_is_out_of_its_bucket(tmp_path: Path) -> None:
    """Told with the others."""
    story = granted(tmp_path / "run")
    teams_win(story)
    found = said(story)["budgets"]
    assert found.status == "PASS", found
    assert found.detail.endswith("¥14.00 in 2 grants from team; none not as planned")


def test_what_a_drill_released_may_be_granted(tmp_path: Path) -> None:
    """Seven discounts out of a bucket of six and a release; told with the sum."""
    story = granted(tmp_path / "run", discounts=7)
    ordered(story)
    booked(story)
    found = said(story)["budgets"]
    assert found.status == "PASS", found
    assert "¥8.00 released from the reserve; none not as planned" in found.detail


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_buckets_otherwise_are_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The bucket, the customer or the grant."""
    story = granted(tmp_path / "run")
    defect(story)
    found = said(story)
    assert found["budgets"].status == "FAIL", found["budgets"]
    assert any(sentence in line for line in found["budgets"].evidence), found["budgets"].evidence
    assert merge(found.values()) == "FAIL"


def test_what_was_shown_counts_where_the_read_back_hides_it(tmp_path: Path) -> None:
    """Seven customers were told that they have a discount; the system tells of five."""
    story = granted(tmp_path / "run")
    for number in (20, 21):
        happens(story, "bind.coupon", number, 120 + number, 12, fen=800, there=False)
    assert any("first-bind: 5600 fen out of 5000" in line for line in said(story)["budgets"].evidence)


def test_run_without_buckets_is_not_judged_by_them(tmp_path: Path) -> None:
    """A target that does not map them."""
    assert said(brief(tmp_path / "unmapped"))["budgets"].status == "SKIPPED"
