"""The reason of a refusal is held against the books: one that they contradict is no correct answer."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_books import OPENING_FEN, booked
from handmade_plan import REFUSAL
from handmade_stories import said

from scenarios.run.records import REASONS
from scenarios.target.effects import granted_terms


def refusal(story: Story, op: str, reason: str, at_s: float = 40, customer: int = 15, **asked: object) -> None:
    """A refusal that says why."""
    operation = 5000 << 16
    story.attempt(op, operation, at_s, REFUSAL, 20, 1, 0, 0, 0.1)
    story.ack(op, operation, UUID(int=5000 << 64 | 5), at_s, REFUSAL, 20, customer=customer, code=REASONS[reason], **asked)  # type: ignore[arg-type]  # by name


def told_wrong_amount(story: Story) -> None:
    """A refusal of an amount that an earlier answer had told."""
    operations: dict[str, dict[str, dict[str, object]]] = story.target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["account.balance"]["extract"]["face_fen"] = "$.f"
    operations["redpacket.open"]["effect"]["amount"] = "{face_fen}"
    refusal(story, "redpacket.open", "amount", amount_fen=50, business="p:15")


def ended(story: Story, at_s: float, *, reason: str = "ended") -> None:
    """A claim that is refused in a scenario whose sale is over at 45 s."""
    story.scenario["phases"] = [{"name": name, "lasts": lasts, "arrivals": 10} for name, lasts in (("sale", 45), ("after", 15))]
    story.scenario["campaign"] = {**story.scenario.get("campaign", {}), "ends": "after"}  # type: ignore[dict-item]  # a mapping
    refusal(story, "claim.submit", reason, at_s)


def sold_out_later(story: Story) -> None:
    """Told sold out ten seconds before the only prize went."""
    story.tables["stock"][0] |= {"initial": 1, "remaining": 0}
    refusal(story, "claim.submit", "sold_out", at_s=20, terms=granted_terms("sku-1", "b"))


REFUSALS: list[tuple[str, str, Callable[[Story], None], str]] = [
    (
        "stock was left",
        "sold out",
        lambda story: refusal(story, "claim.submit", "sold_out", terms=granted_terms("sku-1", "b")),
        "throughout",
    ),
    (
        "funds suffice",
        "no funds",
        lambda story: refusal(story, "transfer.submit", "insufficient", amount_fen=OPENING_FEN),
        f"with {OPENING_FEN} fen at least",
    ),
    ("the last one was still there", "sold out", sold_out_later, "while sku-1/b was in stock"),
    ("nothing was claimed", "claimed already", lambda story: refusal(story, "claim.submit", "already", business="c:15"), "it was not"),
    ("the bell has rung", "too early", lambda story: refusal(story, "claim.submit", "too_early", at_s=50), "after the bell"),
    ("the system said how much", "the amount is wrong", told_wrong_amount, "that the system itself had told"),
    ("the campaign is on", "it is over", lambda story: refusal(story, "claim.submit", "ended"), "while it was on"),
    ("the sale is on", "it is over", lambda story: ended(story, 40), "while it was on"),
]


@pytest.mark.parametrize(("change", "words"), [case[2:] for case in REFUSALS], ids=[f"{case[1]}, but {case[0]}" for case in REFUSALS])
def test_a_reason_that_the_books_contradict_is_named(tmp_path: Path, change: Callable[[Story], None], words: str) -> None:
    """One refusal among many is enough."""
    story = booked(tmp_path / "run")
    change(story)
    found = said(story)["honest-refusals"]
    assert (found.status, found.measured) == ("FAIL", 1)
    assert words in found.evidence[0]


@pytest.mark.parametrize(("op", "status"), [("claim.submit", "PASS"), ("transfer.submit", "FAIL")])
def test_who_comes_after_the_sale_is_refused(tmp_path: Path, op: str, status: str) -> None:
    """The sale's end closes the sale, and nothing else."""
    story = booked(tmp_path / "run")
    ended(story, 50)
    if op != "claim.submit":
        refusal(story, op, "ended", 51)
    found = said(story)["honest-refusals"]
    assert found.status == status, found.evidence


def test_reasons_that_the_books_bear_out_are_correct_answers(tmp_path: Path) -> None:
    """Claimed already by whoever has it, no funds for more than there is, sold out once the last one is gone."""
    story = booked(tmp_path / "run")
    story.tables["stock"][0] |= {"initial": 1, "remaining": 0}
    refusal(story, "claim.submit", "already", business="c:5", customer=5)
    refusal(story, "transfer.submit", "insufficient", amount_fen=OPENING_FEN + 1)
    refusal(story, "claim.submit", "sold_out", terms=granted_terms("sku-1", "b"))
    refusal(story, "transfer.submit", "amount", amount_fen=OPENING_FEN)  # of an amount that is the customer's own idea
    found = said(story)["honest-refusals"]
    assert found.status == "PASS", found.evidence
