"""A deal at another sum than was quoted, after the quote's time, or turned away before it, is named."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.quotes import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.outcomes import Outcome
from scenarios.run.records import REASONS

RULE = {"by": "fx.quote", "good_s": 3}


def dealt(folder: Path, count: int = 4) -> Story:
    """So many customers deal, a second after they were quoted; one more comes too late and is told so."""
    story = brief(folder)
    maps(story, "fx.quote", "quotes", {"business": "{key}", "id": "$.id", "shown": "$.fen"})
    moves = {"from": "{customer}", "to": "GL-FX", "amount": "shown"}
    effect = {"business": "{quote}", "id": "$.id", "shown": "$.fen", "moves": moves, "quoted": RULE}
    maps(story, "fx.deal", "deals", effect, "/deal/{quote}")
    for number in range(count):
        deals(story, number)
    if count:
        turned_away(story, 90, after_s=3.5)
    return story


def deals(story: Story, number: int, *, after_s: float = 1, fen: int = 500, quote: str = "") -> None:
    """A quote of 500 fen, and a deal in it, or in another."""
    happens(story, "fx.quote", number, 100 + number, 5, fen=500)
    quote = quote or str(story.tables["quotes"][-1]["id"])
    happens(story, "fx.deal", 200 + number, 100 + number, 5 + after_s, fen=fen, business=quote)


def turned_away(story: Story, number: int, *, after_s: float) -> None:
    """Told that the quote has expired."""
    happens(story, "fx.quote", number, 100 + number, 5, fen=500)
    quote, operation, at_s = str(story.tables["quotes"][-1]["id"]), (90_000 + number) << 16, 5 + after_s
    story.attempt("fx.deal", operation, at_s, Outcome.REFUSAL, 20, 1, 0, 0, 0.1)
    key, code = UUID(int=(9000 + number) << 64 | 9), REASONS["expired"]
    story.ack("fx.deal", operation, key, at_s, Outcome.REFUSAL, 20, business=quote, customer=100 + number, code=code)


def at_another_sum(story: Story) -> None:
    """Dearer than was shown."""
    deals(story, 10, fen=503)


def too_late(story: Story) -> None:
    """Half a second after the quote had expired, by any clock."""
    deals(story, 10, after_s=3.6)


def of_an_old_one(story: Story) -> None:
    """Asked for in time as the customer knows it, and dealt in much later by the system's own word."""
    deals(story, 10)
    story.tables["deals"][-1]["at_ms"] = int(str(story.tables["quotes"][-1]["at_ms"])) + 3500


def in_no_quote(story: Story) -> None:
    """In a quote that nobody was given."""
    deals(story, 10, quote="Q-none")


def too_early(story: Story) -> None:
    """Turned away a second after the quote."""
    turned_away(story, 10, after_s=1)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (at_another_sum, "503 fen, where the quote showed 500 fen"),
    (too_late, "asked for 0.580 s after the quote had expired, and done"),
    (of_an_old_one, "the quote was 3.500 s old; good for 3 s"),
    (in_no_quote, "fx.deal Q-none: done in a quote that nobody was given"),
    (too_early, "told 1.980 s before the quote expired that it had"),
]


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def test_deals_in_quotes_that_hold_pass(tmp_path: Path) -> None:
    """Told with those who came too late."""
    found = judged(dealt(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "4 deals in quotes, 1 turned away as too late; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_deal_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The quote, and by how much."""
    story = dealt(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_a_quote_said_to_be_over_is_held_against_the_books_too(tmp_path: Path) -> None:
    """Beyond what clocks may differ: an honest refusal is not one, a quote's first second is."""
    story = dealt(tmp_path / "run")
    too_early(story)
    [lie] = read_evidence(story.write()).false_refusals
    assert "told that the quote has expired, 2.0 s before it did" in lie.sentence


def test_quotes_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody dealt."""
    with pytest.raises(NotMapped, match="no effect in the target's file is quoted before"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run dealt in a quote"):
        judged(dealt(tmp_path / "nobody", count=0))
