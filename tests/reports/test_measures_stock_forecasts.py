"""When a prize would be gone is told as half of it is gone, beside when it was gone indeed."""

import re
from pathlib import Path

import numpy as np
import pytest
from handmade import Story
from handmade_stories import rendered
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import read_evidence
from reports.measures.stock_forecasts import forecast, stock_forecasts


@given(st.integers(3, 200), st.floats(0.01, 9.9), st.floats(0, 100))
def test_a_level_burn_is_forecast_to_the_last_prize(owned: int, half_s: float, first_s: float) -> None:
    """One each so many milliseconds, half of them in less than ten seconds: all are gone when they would be."""
    went_s = first_s + half_s / ((owned + 1) // 2 - 1) * np.arange(owned)
    found = forecast(went_s, owned)
    assert found is not None
    assert found[1] == pytest.approx(went_s[-1], abs=1e-6)


@pytest.mark.parametrize(
    ("went_s", "owned", "told"),
    [
        ([0, 1, 2, 3], 8, (3, 7)),
        ([0, 100, 101, 102, 103, 104], 12, (104, 104 + 6 * 10 / 5)),  # five in the last ten seconds
        ([0, 1, 2], 8, None),
        ([5, 5, 5, 5], 8, None),
        ([5], 1, None),
    ],
    ids=["since the first one", "of the last ten seconds", "half never went", "all in one moment", "one alone"],
)
def test_what_was_to_be_said_is_of_the_last_seconds(went_s: list[float], owned: int, told: tuple[float, float] | None) -> None:
    """Half gone, and the rest at the speed of the ten seconds before."""
    assert forecast(np.array(went_s, float), owned) == (told and pytest.approx(told))


def test_the_page_tells_forecasts_and_what_happened(tmp_path: Path) -> None:
    """One prize sold out sooner than was to be said, one of which some are left, and one that hardly anybody wanted."""
    story = Story(tmp_path / "run")
    sold = {"rush": [1, 2, 3, 4, 4.2, 4.4, 4.6, 4.8], "half": [1, 2, 3, 4, 5], "few": [1, 2]}
    for item, times in sold.items():
        for at_s in times:
            story.ask("claim.submit", at_s)
            story.tables["grants"][-1]["item"] = item
    story.tables["stock"] = [
        {"item": item, "batch": "b", "initial": 8, "replenished": 0, "granted": len(times), "remaining": 8 - len(times)}
        for item, times in sold.items()
    ]
    folder = rendered(story)
    rush, half = stock_forecasts(read_evidence(folder))
    assert (rush.item, half.item, half.ended_s) == ("rush", "half", None)
    assert rush.half_s + 3.5 < rush.ends_s
    assert rush.ended_s is not None
    assert rush.ended_s < rush.ends_s - 2
    page = (folder / "report.html").read_text("utf-8")
    shown = page.partition("Gone indeed")[2].partition("</table>")[0]
    assert re.findall('translate="no">(.*?)<', shown) == ["rush", "half"]
