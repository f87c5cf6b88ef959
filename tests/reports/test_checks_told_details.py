"""What an answer told of an effect besides its amount is held against the effect's row."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps
from handmade_plan import T0_MS
from pydantic import ValidationError

from reports.checks.invariants.told_as_recorded import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.records import MARK_DONE, NO_AMOUNT, answer_digest, told_figure
from scenarios.target.effects import Effect

TELLS = {"at_ms": "$.at_ms", "pays_by": "$.pays_by", "streak": "$.streak"}
AT_MS = T0_MS + 5_000


def told(folder: Path, *figures: object, effect: str = "C-0", customer: int = 100) -> Story:
    """One coupon cashed at 5 s, to be paid by a Monday, in a streak of 2; and what its customer was told, in the order of TELLS."""
    story = brief(folder)
    maps(story, "coupon.cash", "cashed", {"business": "{key}", "id": "$.id", "tells": TELLS}, pays_by="", streak="")
    happens(story, "coupon.cash", 0, 100, 5, pays_by="2026-05-11", streak=2, at_ms=AT_MS, id="C-0")
    place = story.operations.index("coupon.cash")
    for view, figure in enumerate(figures):
        if figure is not None:
            value = told_figure(figure)
            seen = (1, answer_digest(effect), 5_000_000_000, 5_100_000_000, value, NO_AMOUNT, customer, place, view, b"A", b"", MARK_DONE)
            story.shown.append(seen)
    return story


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def test_what_the_row_tells_too_passes(tmp_path: Path) -> None:
    """A clock may be a little off; what was not told is not held against anything."""
    assert judged(told(tmp_path / "all", AT_MS + 900, "2026-05-11", 2)).detail == (
        "3 details told to 1 customer, none that the effect's row tells otherwise"
    )
    assert judged(told(tmp_path / "some", None, None, 2)).status == "PASS"


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ((AT_MS + 8 * 3_600_000,), f"was told {AT_MS + 8 * 3_600_000} as at_ms of C-0, recorded is {AT_MS}"),
        ((AT_MS, "2026-05-08", 2), "was told something else as pays_by of C-0, recorded is 2026-05-11"),
        ((AT_MS, "2026-05-11", 3), "was told 3 as streak of C-0, recorded is 2"),
    ],
    ids=["hours-off", "another-day", "another-number"],
)
def test_what_was_told_otherwise_is_named(tmp_path: Path, figures: tuple[object, ...], sentence: str) -> None:
    """With whose it is."""
    found = judged(told(tmp_path / "run", *figures))
    assert found.status == "FAIL"
    assert found.evidence == (f"customer 100, coupon.cash: {sentence}",)


def test_what_no_row_tells_is_said(tmp_path: Path) -> None:
    """Another effect than any in the read-back; and nothing told at all."""
    with pytest.raises(NotMapped, match="no row of the read-back"):
        judged(told(tmp_path / "other", AT_MS, effect="C-9"))
    with pytest.raises(NotMapped, match="nobody was told anything"):
        judged(told(tmp_path / "none"))


def test_only_an_effect_that_is_found_again_tells_details() -> None:
    """By its id, which the answer tells."""
    with pytest.raises(ValidationError, match="say where as well"):
        Effect.model_validate({"business": "{key}", "tells": TELLS})
