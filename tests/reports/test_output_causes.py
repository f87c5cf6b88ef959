"""The report says what went wrong, with its cause and how often, and nothing where nothing did."""

import re
from pathlib import Path

import pytest
from handmade import Story
from handmade_plan import finished

import reports
from scenarios.run.causes import cause
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_CENSORED, FLAG_FINAL, FLAG_NEW_CONNECTION, FLAG_NOT_SENT, FLAG_RESET, FLAG_TIMEOUT, FLAG_UNSENT


def page(story: Story) -> str:
    """Its report."""
    folder = story.write()
    reports.judge_run(folder)
    reports.render_run(folder)
    return (folder / "report.html").read_text("utf-8")


def test_causes_connections_and_broken_journeys_are_named_and_counted(tmp_path: Path) -> None:
    """Of all load processes together; texts of others cannot break out of the page."""
    story = Story(tmp_path / "run")
    story.crowd(1, 9)
    for at_s in (3, 4, 5):
        story.ask("transfer.submit", at_s, Outcome.FAILURE)
    story.ask("account.balance", 6, Outcome.UNKNOWN)
    story.ask("account.balance", 7, Outcome.FAILURE, flags=FLAG_NOT_SENT)
    broken = {"own: own.py:10: ZeroDivisionError: <b>": 2}
    story.tell("load-8", 50, finished(troubles={"SSLCertVerificationError: certificate has expired": 4}))
    story.tell("load-9", 50, finished(broken_journeys=broken))
    said = page(story)
    for row in (
        ("transfer.submit", "failure", "HTTP 500", "3"),
        ("account.balance", "unknown", "no answer in time", "1"),
        ("account.balance", "failure", "no connection: refused, or not trusted", "1"),
        ("SSLCertVerificationError: certificate has expired", "4"),
        ("own: own.py:10: ZeroDivisionError: &lt;b&gt;", "2"),
    ):
        assert re.search(r"<tr>" + "".join(rf"<td[^>]*>{re.escape(cell)}</td>" for cell in row) + "</tr>", said), row
    assert "What went wrong" in said


def test_a_run_without_a_failure_has_no_such_section(tmp_path: Path) -> None:
    """There is nothing to say."""
    story = Story(tmp_path / "run")
    story.crowd(1, 9)
    assert "What went wrong" not in page(story)


@pytest.mark.parametrize(
    ("status", "flags", "says"),
    [
        (503, 0, "HTTP 503"),
        (200, FLAG_FINAL, "HTTP 200, which the target's file takes for no success"),
        (0, FLAG_NEW_CONNECTION, "an answer that is not HTTP, or is too long"),
        (0, FLAG_TIMEOUT | FLAG_FINAL, "no answer in time"),
        (0, FLAG_RESET, "connection lost before the answer"),
        (0, FLAG_CENSORED, "unanswered when the run drained"),
        (0, FLAG_NOT_SENT, "no connection: refused, or not trusted"),
        (0, FLAG_NOT_SENT | FLAG_TIMEOUT, "no connection in time"),
        (0, FLAG_NOT_SENT | FLAG_CENSORED, "no connection when the run drained"),
        (0, FLAG_UNSENT, "never sent, by the generator's own fault"),
    ],
)
def test_every_way_to_fail_has_its_words(status: int, flags: int, says: str) -> None:
    """From the record alone."""
    assert cause(status, flags) == says
