"""Points that are not what was promised are named, by what customers were shown and by what is recorded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads_back
from handmade_plan import T0_MS, UNKNOWN
from handmade_stories import said

from reports.finding import merge

PRICE = 40
DOUBLE_S = (10, 30)


def spent(folder: Path) -> Story:
    """Five payments, of which three lie in the double-points window, and exchanges: two delivered, one given back."""
    story = brief(folder)
    story.scenario["campaign"] = {"points": {"double": "peak", "price": PRICE}}
    story.scenario["phases"] = [{"name": "calm", "lasts": 10, "arrivals": 10}, {"name": "peak", "lasts": 20, "arrivals": 10}]
    story.scenario["phases"].append({"name": "rest", "lasts": 30, "arrivals": 10})  # type: ignore[attr-defined]  # a list
    story.statics |= {"campaign.double_from": "2026-11-22T10:00:10.000+08:00", "campaign.double_until": "2026-11-22T10:00:30.000+08:00"}
    maps(story, "payment.submit", "payments", {"business": "{key}"})
    maps(story, "points.earn", "earned", {"business": "{customer}", "shown": "$.points", "points": "earned"}, points="", ref="")
    maps(story, "points.exchange", "exchanges", {"business": "{key}", "shown": "$.points", "points": "spent"}, points="")
    reads_back(story, "entries", "points", "kind", "customer", "points", "ref", "at_ms")
    reads_back(story, "calls", "calls", "dependency", "caller", "did", "ref")
    for number, at_s in enumerate((9.999, 10, 20, 29.999, 30)):
        earns(story, number, at_s, 3000)
    exchanges(story, 1, "FULFILLED")
    exchanges(story, 2, "FULFILLED")
    exchanges(story, 3, "REFUNDED")
    balance(story)
    return story


def earns(story: Story, number: int, paid_s: float, fen: int, *, points: int | None = None, shown: int | None = None) -> None:
    """Customer 100 + number pays, and earns points a second later."""
    customer = 100 + number
    key = happens(story, "payment.submit", number, customer, paid_s, fen=fen)
    story.tables["payments"][-1]["at_ms"] = T0_MS + round(paid_s * 1000)
    due = fen // 100 * (2 if DOUBLE_S[0] <= paid_s < DOUBLE_S[1] else 1)
    earned = due if points is None else points
    business = f"E-{key}"
    happens(story, "points.earn", 100 + number, customer, paid_s + 1, fen=due if shown is None else shown, business=business, points=earned)
    del story.tables["earned"][-1]["amount_fen"]
    enter(story, "earn", customer, earned, business, paid_s + 1)


def exchanges(story: Story, number: int, state: str, *, refunds: int | None = None, did: int | None = None) -> None:
    """Customer 100 + number exchanges their points."""
    customer = 100 + number
    key = happens(story, "points.exchange", 200 + number, customer, 40 + number, fen=PRICE, points=PRICE, state=state)
    del story.tables["exchanges"][-1]["amount_fen"]
    enter(story, "debit", customer, -PRICE, f"E-{key}", 40 + number)
    for _ in range((state == "REFUNDED") if refunds is None else refunds):
        enter(story, "refund", customer, PRICE, f"E-{key}", 41 + number)
    done = (state == "FULFILLED") if did is None else did
    story.tables["calls"].append({"dependency": "biller", "caller": "c", "did": int(done), "ref": f"E-{key}"})


def enter(story: Story, kind: str, customer: int, points: int, ref: str, at_s: float) -> None:
    """An entry."""
    row: dict[str, Any] = {"kind": kind, "customer": customer, "points": points, "ref": ref, "at_ms": T0_MS + round(at_s * 1000)}
    story.tables["entries"].append(row)


def balance(story: Story) -> None:
    """Balances as the entries make them."""
    sums: dict[Any, Any] = {}
    for row in story.tables["entries"]:
        sums[row["customer"]] = sums.get(row["customer"], 0) + row["points"]
    story.tables["entries"] += [{"kind": "balance", "customer": customer, "points": points} for customer, points in sums.items()]


def again(change: Callable[[Story], None]) -> Callable[[Story], None]:
    """A change of the entries, with balances that agree with it."""

    def changed(story: Story) -> None:
        story.tables["entries"] = [row for row in story.tables["entries"] if row["kind"] != "balance"]
        change(story)
        balance(story)

    changed.__name__ = change.__name__
    return changed


@again
def doubled_too_early(story: Story) -> None:
    """One millisecond before the window."""
    earns(story, 5, 9.999, 3000, points=60, shown=60)


@again
def doubled_too_late(story: Story) -> None:
    """At its end, which is outside, in the system's word alone; the customer was shown what is due."""
    earns(story, 5, 30, 3000, points=60)


@again
def not_doubled(story: Story) -> None:
    """Inside, in what the customer was shown."""
    earns(story, 5, 15, 3000, shown=30)


@again
def given_back_twice(story: Story) -> None:
    """One order that failed."""
    exchanges(story, 0, "REFUNDED", refunds=2)


@again
def never_given_back(story: Story) -> None:
    """One order that failed, and the points are gone."""
    exchanges(story, 4, "REFUNDED", refunds=0)
    enter(story, "earn", 104, 10, "E-none", 39)


@again
def given_back_and_delivered(story: Story) -> None:
    """The supplier had done it."""
    exchanges(story, 4, "REFUNDED", did=1)
    enter(story, "earn", 104, 10, "E-none", 39)


@again
def on_credit(story: Story) -> None:
    """Thirty points, and goods for forty."""
    exchanges(story, 0, "FULFILLED")


def balance_otherwise(story: Story) -> None:
    """A balance that entries do not explain."""
    story.tables["entries"][-1]["points"] = 999


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (doubled_too_early, "60 points for a payment that earns 30"),
    (doubled_too_late, "60 points for a payment that earns 30"),
    (not_doubled, "30 points earned by"),
    (given_back_twice, "2 times given back, 1 times owed"),
    (never_given_back, "0 times given back, 1 times owed"),
    (given_back_and_delivered, "delivered 1 times by the supplier"),
    (on_credit, "customer 100: -10 points after debit"),
    (balance_otherwise, "a balance of 999 points"),
]


def test_points_as_promised_pass(tmp_path: Path) -> None:
    """Told with entries, customers and exchanges."""
    found = said(spent(tmp_path / "run"))["points"]
    assert (found.status, found.measured) == ("PASS", 0), found
    assert found.detail == "9 entries of 5 customers; 3 exchanges, 1 given back; none not as owed"


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_points_otherwise_are_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The customer or the order, and what is wrong."""
    story = spent(tmp_path / "run")
    defect(story)
    found = said(story)
    assert found["points"].status == "FAIL", found["points"]
    assert any(sentence in line for line in found["points"].evidence), found["points"].evidence
    assert merge(found.values()) == "FAIL"


def test_order_that_is_open_owes_neither_goods_nor_points(tmp_path: Path) -> None:
    """Its supplier has not answered; whether it has delivered is not known."""
    story = spent(tmp_path / "run")
    again(lambda one: exchanges(one, 4, "PENDING", refunds=0, did=1))(story)
    enough = [line for line in said(story)["points"].evidence if "E-" in line and "PENDING" in line]
    assert not enough


def test_points_that_a_customer_does_not_know_of_are_judged_as_recorded(tmp_path: Path) -> None:
    """No answer, and an entry: it must be what the payment earns."""
    story = spent(tmp_path / "run")
    key = happens(story, "payment.submit", 50, 150, 45, fen=1000)
    happens(story, "points.earn", 51, 150, 46, UNKNOWN, there=True, business=f"E-{key}", points=10)
    del story.tables["earned"][-1]["amount_fen"]
    again(lambda one: enter(one, "earn", 150, 10, f"E-{key}", 46))(story)
    assert said(story)["points"].status == "PASS"


def test_run_without_points_is_not_judged_by_them(tmp_path: Path) -> None:
    """A target that does not map them."""
    assert said(brief(tmp_path / "unmapped"))["points"].status == "SKIPPED"
