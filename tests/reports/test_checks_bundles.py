"""Half a bundle is named, whichever half it is."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads_back
from handmade_plan import T0_MS

from reports.checks.invariants.bundles import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from reports.measures.bundles import bundles, cross_sold
from reports.output.report import Report
from reports.output.sections.bundles import section

DONE, UNDONE, UNDER_WAY = "COMPLETED", "COMPENSATED", "UNDOING"


def bundled(folder: Path, states: tuple[str, ...] = (DONE, DONE, UNDONE, UNDER_WAY)) -> Story:
    """Customers from 100 on, each with a bundle of such a state and what goes with it."""
    story = brief(folder)
    story.scenario["campaign"] = {"bundle": {"face_fen": 500, "coupons": 3}}
    maps(story, "bundle.open", "bundles", {"business": "{customer}", "id": "$.id", "bundles": {"done": DONE, "undone": UNDONE}})
    reads_back(story, "plans", "plans", "ref", "customer")
    reads_back(story, "coupons", "rewards", "kind", "customer", "amount_fen", "id", "at_ms")
    for number, state in enumerate(states):
        happens(story, "bundle.open", number, 100 + number, 5, id=f"B-{number}", state=state)
        if state == DONE:
            plan(story, f"B-{number}", 100 + number)
            coupon(story, 100 + number)
    return story


def plan(story: Story, ref: str, customer: int) -> None:
    """A plan that stands."""
    story.tables["plans"].append({"ref": ref, "customer": customer})


def coupon(story: Story, customer: int, fen: int = 500) -> None:
    """A coupon for a bundle."""
    row = {"kind": "bundle", "customer": customer, "amount_fen": fen, "id": f"C-{len(story.tables['coupons'])}", "at_ms": T0_MS}
    story.tables["coupons"].append(dict(row))


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


DEFECTS: list[tuple[str, Callable[[Story], None], str]] = [
    ("plan-alone", lambda story: story.tables["coupons"].pop(0), "B-0 of customer 100 is whole: coupons for it: 0, due: 1"),
    ("coupon-alone", lambda story: story.tables["plans"].pop(0), "B-0 of customer 100 is whole: plans that stand for it: 0, due: 1"),
    ("not-undone", lambda story: plan(story, "B-2", 102), "B-2 of customer 102 was taken back: plans that stand for it: 1, due: 0"),
    ("coupon-for-nothing", lambda story: coupon(story, 102), "B-2 of customer 102 was taken back: coupons for it: 1, due: 0"),
    ("twice", lambda story: coupon(story, 101), "B-1 of customer 101 is whole: coupons for it: 2, due: 1"),
    (
        "worth-less",
        lambda story: story.tables["coupons"][0].update(amount_fen=5),
        "a coupon of 5 fen, 500 are promised",
    ),
    ("nobodys-plan", lambda story: plan(story, "B-9", 109), "plan B-9 belongs to no bundle"),
    ("nobodys-coupon", lambda story: coupon(story, 109), "customer 109: a coupon for no bundle"),
]


def test_bundles_that_are_whole_or_not_at_all_pass(tmp_path: Path) -> None:
    """One on its way may have either half."""
    story = bundled(tmp_path / "run")
    plan(story, "B-3", 103)
    found = judged(story)
    assert (found.status, found.detail) == ("PASS", "4 bundles: 2 whole, 1 taken back; 1 on their way; none with one half alone"), found


@pytest.mark.parametrize(("defect", "sentence"), [row[1:] for row in DEFECTS], ids=[row[0] for row in DEFECTS])
def test_half_a_bundle_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The order, the customer and which half."""
    story = bundled(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_more_coupons_than_there_are_is_named(tmp_path: Path) -> None:
    """Three there are, four are whole."""
    assert "4 coupons of 3 that there are" in judged(bundled(tmp_path / "run", (DONE,) * 4)).evidence[0]


def test_bundles_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody asked."""
    with pytest.raises(NotMapped, match="no effect in the target's file is a bundle"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run asked for a bundle"):
        judged(bundled(tmp_path / "nobody", ()))


def test_ends_of_bundles_stand_in_the_report(tmp_path: Path) -> None:
    """With what is there of both halves; and nothing where the target has none."""
    page = section(Report(read_evidence(bundled(tmp_path / "run").write()), []))
    for row in (("whole", "2", "2", "2", "10.00"), ("taken back", "1", "0", "0", "0.00"), ("on their way", "1", "0", "0", "0.00")):
        assert f"<td>{row[0]}</td>" + "".join(f"<td class=n>{cell}</td>" for cell in row[1:]) in page
    assert re.findall(r'<i class="s\d" style="flex-grow:([\d.]+)">', page) == ["0.5000", "0.2500", "0.2500"]
    assert "<dd>2 / 2 (100 %)</dd>" in page
    assert section(Report(read_evidence(brief(tmp_path / "unmapped").write()), [])) == ""


def test_cross_selling_is_the_share_of_those_who_might_have_a_bundle(tmp_path: Path) -> None:
    """Of whoever moved money or has one; a bundle that was taken back is none."""
    found = bundles(read_evidence(bundled(tmp_path / "run").write()))
    assert cross_sold(found, set()) == (2, 2)
    assert cross_sold(found, {order.customer for order in found.orders} | {90, 91}) == (2, 6)
