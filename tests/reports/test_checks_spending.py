"""What one is told to have spent is held against what one has paid: less, more or other than that is named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads
from handmade_plan import SUCCESS, UNKNOWN

from reports.checks.invariants.spending import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.records import NO_AMOUNT
from scenarios.target.effects import moved_terms

BILLS, ALL = 0, 1
"""The sums that the report shows: of bills alone, and of bills and shops together."""


def spent(folder: Path, *, opening: bool = True) -> Story:
    """Customer 1 pays bills of 500 fen at 10 s and of 300 fen at 20 s, and 40 fen in a shop at 30 s; customer 2 pays 900 fen at 10 s."""
    story = brief(folder)
    story.target["books"] = {"account": "AC-{customer}"} | ({} if opening else {"opening": None})
    for op in ("bill.pay", "shop.pay"):
        effect: dict[str, object] = {"business": "{key}", "moves": {"from": "{customer}", "to": "M-{customer}"}}
        maps(story, op, op.replace(".", "-"), effect, payer="", payee="")
    reads(story, "report.get")
    operations: dict[str, dict[str, object]] = story.target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["report.get"]["shows"] = {"spent": [{"of": ["bill.pay"], "fen": "$.b"}, {"of": ["bill.pay", "shop.pay"], "fen": "$.a"}]}
    for number, (op, customer, at_s, fen) in enumerate(
        (("bill.pay", 1, 10, 500), ("bill.pay", 1, 20, 300), ("shop.pay", 1, 30, 40), ("bill.pay", 2, 10, 900))
    ):
        terms = moved_terms("P", "Q")
        happens(story, op, number, customer, at_s, fen=fen, terms=terms, payer="P", payee="Q")
    return story


def look(story: Story, view: int, at_s: float, fen: int, customer: int = 1) -> None:
    """What a report showed; the answer takes 20 ms."""
    number = 20_000 + len(story.shown)
    story.attempt("report.get", number << 16, at_s, SUCCESS, 20, 1, 0, 0, 0.1)
    sent_ns, index = round(at_s * 1e9), story.operations.index("report.get")
    story.shown.append((number << 16, 0, sent_ns, sent_ns + 20_000_000, fen, NO_AMOUNT, customer, index, view, story.site, b"", 1))


def all_well(story: Story) -> None:
    """Before, between, while one is under way, and after; each of both sums."""
    look(story, BILLS, 9, 0)
    look(story, BILLS, 10.01, 500)
    look(story, BILLS, 15, 500)
    look(story, ALL, 25, 800)
    look(story, ALL, 31, 840)
    look(story, BILLS, 31, 800)
    look(story, BILLS, 31, 900, customer=2)


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def a_bill_short(story: Story) -> None:
    """The second one is missing."""
    look(story, BILLS, 25, 500)


def a_shop_among_the_bills(story: Story) -> None:
    """It stands where it does not belong."""
    look(story, BILLS, 32, 840)


def of_another(story: Story) -> None:
    """The other customer's sum."""
    look(story, ALL, 33, 900)


def before_its_time(story: Story) -> None:
    """What has not been asked for yet."""
    look(story, BILLS, 15.5, 800)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (a_bill_short, "customer 1, report.get at 25.000 s: reads 500 fen, it must be 800 by then"),
    (a_shop_among_the_bills, "customer 1, report.get at 32.000 s: reads 840 fen, it must be 800 by then"),
    (of_another, "customer 1, report.get at 33.000 s: reads 900 fen, it must be 840 by then"),
    (before_its_time, "customer 1, report.get at 15.500 s: reads 800 fen, it must be 500 by then"),
]


def test_sums_of_what_was_paid_pass(tmp_path: Path) -> None:
    """Each at its time, of what it is of."""
    story = spent(tmp_path / "run")
    all_well(story)
    found = judged(story)
    assert (found.status, found.detail) == ("PASS", "7 sums shown of what somebody has spent, none other than what they had paid by then")


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_another_sum_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """Who read it, when, and what it must be."""
    story = spent(tmp_path / "run")
    all_well(story)
    defect(story)
    found = judged(story)
    assert (found.status, found.evidence[0]) == ("FAIL", sentence)


@pytest.mark.parametrize(("fen", "status"), [(0, "PASS"), (70, "PASS"), (71, "FAIL")])
def test_what_was_not_answered_may_be_in_it_or_not(tmp_path: Path, fen: int, status: str) -> None:
    """A payment whose answer was lost: with it or without, and no more."""
    story = spent(tmp_path / "run")
    happens(story, "bill.pay", 9, 3, 10, UNKNOWN, there=True, fen=70, terms=moved_terms("P", "Q"), payer="P", payee="Q")
    look(story, BILLS, 12, fen, customer=3)
    assert judged(story).status == status


@pytest.mark.parametrize(("fen", "status"), [(10_800, "PASS"), (10_500, "FAIL")])
def test_what_was_spent_before_the_run_is_one_sum_for_all_looks(tmp_path: Path, fen: int, status: str) -> None:
    """Where it is not known what stood there: any sum at first, and that one with what was paid since."""
    story = spent(tmp_path / "run", opening=False)
    look(story, BILLS, 9, 10_000)
    look(story, BILLS, 15, 10_500)
    look(story, BILLS, 25, fen)
    assert judged(story).status == status


def test_spending_is_judged_where_it_is_shown(tmp_path: Path) -> None:
    """A target that shows none is not, nor is a run in which nobody looked."""
    with pytest.raises(NotMapped, match="nothing in the target's file shows what a customer has spent"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run was shown what they have spent"):
        judged(spent(tmp_path / "nobody"))
