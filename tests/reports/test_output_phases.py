"""Phases are reviewed as the plan does, and what is owed and granted is drawn against its line."""

import re
from pathlib import Path

import pytest
from handmade import Story
from handmade_plan import REFUSAL, UNKNOWN
from handmade_stories import rendered, rescued
from test_checks_budgets import granted
from test_checks_customer_service import served

from reports.evidence import read_evidence
from reports.measures.phase_reviews import phase_reviews, reviews_of
from scenarios.plan.scenario import Scenario


def _day(folder: Path) -> Story:
    """Twelve seconds: some come early, most to the sale, of whom some are refused and one is never answered, and few late."""
    story = Story(folder)
    story.scenario["phases"] = [{"name": name, "lasts": 4, "arrivals": 10} for name in ("early", "rush", "late")]
    story.scenario["waive"] = [{"check": "honest-refusals", "reason": "there is no book of prizes here"}]
    story.probes()
    for at_s, count in ((1, 4), (5, 30), (9, 3)):
        for number in range(count):
            story.ask("account.balance", at_s + number / 100, latency_ms=10 * at_s)
    for number in range(5):
        story.ask("claim.submit", 6 + number / 100, REFUSAL)
    story.ask("transfer.submit", 6.5, UNKNOWN, 900.0)
    return story


def test_each_phase_has_its_own_figures(tmp_path: Path) -> None:
    """Counted in the second of the first intent, and put under the plan's name for it."""
    found = phase_reviews(read_evidence(_day(tmp_path / "run").write()))
    assert [(one.name, one.review, one.refused, one.wrong) for one in found] == [
        ("early", "warm-up", 0, 0),
        ("rush", "peak", 5, 1),
        ("late", "closing", 0, 0),
    ]
    assert [round(one.offered_per_s * 4) for one in found][1:] == [36, 3]
    assert found[2].p99 is not None
    assert found[2].p99.ms == pytest.approx(90)


@pytest.mark.parametrize(
    ("bell", "peaks", "said"),
    [
        ("", (10, 100, 60, 20, 50, 5), "wppppc"),
        ("", (10, 10, 10, 10, 10, 10), "pppppp"),
        ("c", (10, 10, 10, 10, 10, 4), "wwpppc"),
        ("f", (100, 10, 10, 10, 10, 0), "wwwwwp"),
    ],
    ids=["two waves are one peak", "nothing differs", "nothing before the bell is peak", "nobody came to the bell"],
)
def test_peak_lasts_from_the_first_to_the_last_busy_phase(bell: str, peaks: tuple[int, ...], said: str) -> None:
    """Busy is half of the best second or more."""
    phases = [{"name": name, "lasts": 1, "arrivals": 1} for name in "abcdef"]
    scenario = Scenario.model_validate(
        {"name": "n", "describe": "d", "phases": phases, "mix": {"ordinary-banking": 1}, "campaign": {"bell": bell} if bell else {}}
    )
    assert "".join(review[0] for review in reviews_of(scenario, peaks)) == said


def test_page_reviews_phases_and_tells_what_struck_in_them(tmp_path: Path) -> None:
    """In the row of the phase in which it struck; and the feedback below."""
    story = rescued(tmp_path / "run")
    story.scenario["phases"] = [{"name": "early", "lasts": 20, "arrivals": 10}, {"name": "rush", "lasts": 40, "arrivals": 10}]
    story.scenario["campaign"] = {"bell": "rush"}
    page = (rendered(story) / "report.html").read_text("utf-8")
    rows = page.partition('<section id="phases">')[2].partition("</section>")[0].split("<tr>")[2:]
    assert ["primary-kill" in row for row in rows] == [False, True]
    assert "<td>no incident</td>" in rows[0]


def test_page_has_no_reviews_where_phases_do_not_differ(tmp_path: Path) -> None:
    """Absent, not empty."""
    story = served(tmp_path / "run")
    story.scenario["phases"] = [{"name": "only", "lasts": 60, "arrivals": 10}]
    assert 'id="phases"' not in (rendered(story) / "report.html").read_text("utf-8")


def test_feedback_is_told_of_tickets(tmp_path: Path) -> None:
    """How many were opened, and how many of them responded to in time."""
    story = served(tmp_path / "run", waits_s=(1, 5, 40))
    story.scenario["phases"] = [{"name": "early", "lasts": 20, "arrivals": 10}, {"name": "rush", "lasts": 40, "arrivals": 10}]
    story.scenario["campaign"] = {**story.scenario.get("campaign", {}), "bell": "rush"}  # type: ignore[dict-item]  # a mapping
    assert "3 cases opened, 2 responded to within 15 min" in (rendered(story) / "report.html").read_text("utf-8")


def test_late_responses_stand_beyond_the_line(tmp_path: Path) -> None:
    """The chart has a red bar for each late wait, and is left out with its section where nobody opened a ticket."""
    late = (rendered(served(tmp_path / "late", waits_s=(1, 15.5, 400))) / "charts" / "first-response.svg").read_text("utf-8")
    in_time = (rendered(served(tmp_path / "in-time", waits_s=(1, 14.9, 3))) / "charts" / "first-response.svg").read_text("utf-8")
    assert ("#d4423e" in late, "#d4423e" in in_time) == (True, False)
    assert ">15 min<" in in_time
    assert not (rendered(_day(tmp_path / "none")) / "charts" / "first-response.svg").exists()


def test_budgets_tell_what_is_left_and_how_long_it_lasts(tmp_path: Path) -> None:
    """Four thousand of five thousand fen in a minute: the rest lasts a quarter of one; the reserve, of which nobody takes, has no end."""
    page = (rendered(granted(tmp_path / "run")) / "report.html").read_text("utf-8")
    rows = page.partition('<section id="budgets"')[2].partition("</section>")[0].partition("</figure>")[2].split("<tr>")[2:]
    cells = {re.sub("<.*?>", "", row.partition("</td>")[0]): row.split("<td class=n>")[1:] for row in rows}
    assert [cell.partition("<")[0] for cell in cells["first-bind"]] == ["¥50.00", "¥0.00", "¥40.00", "¥40.00", "¥10.00", "15 s"]
    assert [cell.partition("<")[0] for cell in cells["reserve"]][4:] == ["¥90.00", "–"]


def test_twenty_prizes_leave_the_stock_legible(tmp_path: Path) -> None:
    """All together and the three most wanted are drawn, with names that have room beside each other."""
    story = _day(tmp_path / "run")
    names = [f"a prize with quite a long name {number:02}" for number in range(20)]
    story.tables["stock"] = [{"item": name, "batch": "b", "initial": 50, "replenished": 0, "granted": 2, "remaining": 48} for name in names]
    for number in range(40):
        story.ask("claim.submit", 6 + number / 100)
        story.tables["grants"][-1]["item"] = names[number % 20]
    folder = rendered(story)
    chart, page = (folder / "charts" / "burndown.svg").read_text("utf-8"), (folder / "report.html").read_text("utf-8")
    drawn = [name for name in re.findall(r">([^<>]+)</text>", chart) if name.startswith("a")]
    assert drawn == ["all prizes", "a pri…ame 00", "a pri…ame 01", "a pri…ame 02"]
    left = page.partition("What is left of each prize")[2].partition("</details>")[0].split("<tr>")[2:]
    assert len(left) == len(names)
    assert f'<td><span translate="no">{names[7]}</span></td><td class=n>50</td><td class=n>0</td><td class=n>48</td></tr>' in left
