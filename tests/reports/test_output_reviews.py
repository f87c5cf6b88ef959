"""The plan's figures of risk, its review of the warm-up, and the order in which to mend, from what a run has on record."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from handmade import Story
from handmade_features import brief, happens, maps
from handmade_plan import FAILURE, REFUSAL, SUCCESS
from handmade_stories import lost, rendered

from reports.checks.limits.risk_alarms import check as risk_alarms
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from reports.measures.feedback import feedback
from reports.measures.reach import warm_up_reach
from reports.measures.risk import first_within, most_within, risk
from scenarios.run.outcomes import Outcome


def day(folder: Path) -> Story:
    """Customer 1 moves small sums again and again; 2 and 3 are failed, and 2 complains after it; some are shown pop-ups early, one late."""
    story = brief(folder)
    story.scenario["phases"] = [{"name": name, "lasts": 20, "arrivals": 10} for name in ("early", "rush", "late")]
    campaign = cast("dict[str, object]", story.scenario.setdefault("campaign", {}))
    campaign |= {"bell": "rush", "risk": {"small_fen": 500, "times": 3, "within_s": 10}}
    moves = {"from": "{account}", "to": "X", "amount": "shown"}
    maps(story, "fee.pay", "fees", {"business": "{key}", "id": "$.id", "shown": "$.fen", "moves": moves}, "/pay/{account}")
    maps(story, "popup.show", "popups", {"business": "{key}", "id": "$.id", "capped": "popup"})
    maps(story, "ticket.create", "tickets", {"business": "{key}", "id": "$.id", "person": True}, category="category")
    for number, (at_s, fen) in enumerate([(21, 400), (24, 500), (30, 100), (31, 501), (45, 100)]):
        happens(story, "fee.pay", number, 1, at_s, fen=fen)
    for number, (who, at_s, outcome) in enumerate([(2, 22, FAILURE), (3, 23, FAILURE), (2, 50, FAILURE)]):
        happens(story, "fee.pay", 100 + number, who, at_s, outcome)
    happens(story, "ticket.create", 200, 2, 40, category="complaint")
    for number, (who, at_s) in enumerate([(4, 3), (4, 5), (5, 6), (6, 30)]):
        happens(story, "popup.show", 300 + number, who, at_s)
    happens(story, "popup.show", 400, 5, 7, REFUSAL)
    for number in range(40):
        story.ask("account.balance", 25 + number / 100)
    return story


def with_logins(story: Story, outcomes: Sequence[Outcome] = (FAILURE, REFUSAL, SUCCESS)) -> Story:
    """The same with logins that came to this, ten a second."""
    operations = cast("dict[str, object]", story.target["operations"])
    operations["login"] = {"service": "bank", "path": "/login", "authorised": False, "extract": {"token": "$.t"}}
    story.operations.append("login")
    for number, outcome in enumerate(outcomes):
        story.attempt("login", (70_000 + number) << 16, 5 + number / 10, outcome, 20, 1, 0, 0, 0.1)
    return story


def test_small_sums_again_and_again_are_counted(tmp_path: Path) -> None:
    """Of the customer who moved three in ten seconds: not the one that is too large, nor what came much later."""
    found = risk(read_evidence(day(tmp_path / "run").write()))
    assert found.small_often == {1: 3}
    assert (found.tickets, found.per_thousand) == (1, pytest.approx(1000 / found.customers))


def alarmed(story: Story, **alarms: float) -> tuple[Finding | None, str]:
    """What the check says where a scenario has these limits, and the report's page."""
    rule = cast("dict[str, object]", cast("dict[str, object]", story.scenario["campaign"])["risk"])
    rule["alarms"] = alarms
    folder = rendered(story)
    said = risk_alarms(read_evidence(folder))
    return said[0] if said else None, (folder / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("alarms", "sentence"),
    [
        ({"small_often": 0}, "customers who move small sums again and again: 1, 0 may be, passed at 30.0 s"),
        ({"failed_proofs": 0.5}, "percent of the proofs of identity that fail: 66.7, 50 may be"),
        ({"tickets": 9}, "tickets for a thousand customers: "),
    ],
    ids=["small-often", "failed-proofs", "tickets"],
)
def test_figure_of_risk_beyond_its_limit_is_an_alarm(tmp_path: Path, alarms: dict[str, float], sentence: str) -> None:
    """By its own limit alone, with the moment; the page shows both."""
    story = with_logins(day(tmp_path / "run"))
    found, page = alarmed(story, **alarms)
    assert found is not None
    assert found.status == "FAIL"
    assert found.detail.startswith(sentence), found.detail
    assert "Passed at (s)" in page


def test_figures_of_risk_below_their_limits_are_told_so(tmp_path: Path) -> None:
    """Exactly at its limit is not beyond it; without limits nothing is judged."""
    found, _ = alarmed(with_logins(day(tmp_path / "run")), small_often=1, failed_proofs=0.7, tickets=1000)
    assert found is not None
    assert (found.status, found.detail) == ("PASS", "3 figures of risk, none beyond its limit")
    assert alarmed(day(tmp_path / "unlimited"))[0] is None


def test_moment_at_which_a_share_passed_its_limit_is_told_from_the_hundredth_on(tmp_path: Path) -> None:
    """Of 160 logins the last sixty fail: a quarter of them have when a third of those have come."""
    story = day(tmp_path / "run")
    with_logins(story, [SUCCESS] * 100 + [FAILURE] * 60)
    found, _ = alarmed(story, failed_proofs=0.25)
    assert found is not None
    assert found.detail == "percent of the proofs of identity that fail: 37.5, 25 may be, passed at 18.3 s"


@pytest.mark.parametrize(
    ("moments", "most"),
    [([], 0), ([5], 1), ([0, 9, 10], 2), ([0, 10, 19, 28], 2), ([1, 1, 1, 50], 3)],
    ids=["none", "one", "a whole span later is outside", "sliding", "at one moment"],
)
def test_most_within_a_span(moments: list[int], most: int) -> None:
    """Wherever the span begins."""
    assert most_within(np.array(moments, np.int64), 10) == most
    assert (first_within(np.array(moments, np.int64), 10, 2) is not None) == (most >= 2)


def test_logins_that_fail_are_told_with_how_many_were_tried(tmp_path: Path) -> None:
    """Of the operation that tells the token; nobody's renewal counts."""
    story = with_logins(day(tmp_path / "run"))
    [login] = [one for one in risk(read_evidence(story.write())).proofs if one.op == "login"]
    assert (login.asked, login.failed) == (3, 2)


def test_warm_up_reaches_whom_it_was_shown_to(tmp_path: Path) -> None:
    """Asked for four times before the bell, shown three times to two of the two who came; a third customer saw it later."""
    found = warm_up_reach(read_evidence(day(tmp_path / "run").write()))
    assert found is not None
    [popup] = [one for one in found.channels if one.channel == "pop-up"]
    assert (popup.expected, popup.shown, popup.customers, popup.customers_in_all) == (4, 3, 2, 3)


def test_warm_up_without_anything_to_show_is_not_told(tmp_path: Path) -> None:
    """Nor is a run whose bell rings at once."""
    story = day(tmp_path / "run")
    cast("dict[str, object]", story.scenario["campaign"])["bell"] = "early"
    assert warm_up_reach(read_evidence(story.write())) is None


def test_what_failed_who_then_complained_is_mended_first(tmp_path: Path) -> None:
    """Not for what went wrong after the ticket; a no that nobody complained of is not told; the ticket stands under its category."""
    found = feedback(read_evidence(day(tmp_path / "run").write()))
    assert [(one.op, one.failed, one.refused, one.complained) for one in found.grievances] == [("fee.pay", 2, 0, 1)]
    assert found.categories == (("complaint", 1),)


def test_run_without_tickets_has_no_feedback(tmp_path: Path) -> None:
    """Nothing of it is told."""
    with pytest.raises(NotMapped, match="no customer of this run opened a ticket"):
        feedback(read_evidence(brief(tmp_path / "run").write()))


def test_report_tells_risk_reach_and_what_to_mend(tmp_path: Path) -> None:
    """Each in its place, with bars: filled as far as something was shown, or is to be mended."""
    page = (rendered(day(tmp_path / "run")) / "report.html").read_text("utf-8")
    for words in ("What to mend first", "Reach of the warm-up", "Tickets for a thousand customers", "pop-up"):
        assert words in page
    assert '<dt>pop-up</dt><dd><i style="--share:1.0000;--done:0.7500"></i><b>4</b><small>75 %</small>' in page
    assert 'fee.pay</span></dt><dd><i class=bad style="--share:1.0000;--done:0.5000"></i><b>2</b><small>50 %</small>' in page


@pytest.mark.parametrize("story", [day, lost], ids=["reviews", "lost"])
def test_what_may_be_wider_than_a_phone_scrolls_by_itself(tmp_path: Path, story: Callable[[Path], Story]) -> None:
    """Every table and every picture stands in a box that scrolls, so that the page never does."""
    page = (rendered(story(tmp_path / "run")) / "report.html").read_text("utf-8")
    wide = re.findall(r"<(?:table|svg)\b", page)
    boxed = re.findall(r'<div class="scroll[^"]*"><(?:table|svg)\b', page)
    assert len(boxed) == len(wide) > 5
