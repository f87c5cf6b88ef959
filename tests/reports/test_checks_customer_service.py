"""Questions that the robot answers with something else, and tickets that wait too long, are counted and named."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps
from handmade_plan import SUCCESS, T0_MS
from handmade_stories import said

from scenarios.run.records import ACK, answer_digest


def served(folder: Path, right: int = 90, wrong: int = 4, silent: int = 6, waits_s: tuple[float, ...] = (1, 5, 14)) -> Story:
    """So many questions answered rightly, wrongly and not at all; and tickets that waited so long; a minute is a second."""
    story = brief(folder)
    maps(story, "robot.message", "contacts", {"business": "{key}", "id": "$.intent", "asks_about": "{topic}"})
    maps(story, "ticket.create", "tickets", {"business": "{key}", "person": True}, answered_ms="")
    for number in range(right + wrong + silent):
        happens(story, "robot.message", number, number, 10 + number / 10, terms="points.when")
        told = answer_digest("points.when") if number < right else answer_digest("points.how") if number < right + wrong else 0
        fields = list(story.acks[-1])
        fields[(ACK.names or ()).index("answer")] = told
        story.acks[-1] = tuple(fields)
    for number, waited_s in enumerate(waits_s):
        ticket(story, number, 20 + number, waited_s)
    return story


def ticket(story: Story, number: int, at_s: float, waited_s: float | None) -> None:
    """A ticket, responded to after so long, or not at all."""
    answered = None if waited_s is None else T0_MS + round((at_s + waited_s) * 1000)
    happens(story, "ticket.create", 500 + number, 500 + number, at_s, SUCCESS, answered_ms=answered)


def test_customers_who_are_served_in_time_pass(tmp_path: Path) -> None:
    """Told with shares, counts and the longest wait by the desk's clock."""
    found = said(served(tmp_path / "run"))
    assert (found["self-service"].status, found["self-service"].measured) == ("PASS", 0.9)
    assert found["self-service"].detail == "100 routine enquiries, 90 % answered rightly by the robot, 4 with something else"
    assert (found["first-response"].status, found["first-response"].measured) == ("PASS", 14)


@pytest.mark.parametrize(("right", "status"), [(85, "PASS"), (84, "FAIL"), (0, "FAIL")])
def test_robot_must_answer_as_many_as_is_promised(tmp_path: Path, right: int, status: str) -> None:
    """What is answered with something else is not answered."""
    assert said(served(tmp_path / "run", right, 100 - right, 0))["self-service"].status == status


@pytest.mark.parametrize("waited_s", [15.1, 40, None])
def test_ticket_that_waits_too_long_is_named(tmp_path: Path, waited_s: float | None) -> None:
    """Responded to late, or never; its customer and its minutes."""
    story = served(tmp_path / "run")
    ticket(story, 7, 25, waited_s)
    found = said(story)["first-response"]
    assert found.status == "FAIL"
    assert "of customer 507" in found.evidence[0]
    assert ("nobody has responded" in found.evidence[0]) == (waited_s is None)


def test_ticket_that_is_still_in_its_time_is_no_breach(tmp_path: Path) -> None:
    """Opened five seconds before the last record."""
    story = served(tmp_path / "run")
    ticket(story, 7, story.lasts_s - 2, None)
    found = said(story)["first-response"]
    assert found.status == "PASS"
    assert "4 cases, 3 responded to, none later than 15 min" in found.detail


def test_waiting_begins_when_the_customer_sends_it(tmp_path: Path) -> None:
    """Not when the system says that it came."""
    story = served(tmp_path / "run")
    ticket(story, 7, 25, 16)
    story.tables["tickets"][-1]["at_ms"] = T0_MS + 40_000
    assert said(story)["first-response"].status == "FAIL"


def test_run_without_a_desk_is_not_judged_by_it(tmp_path: Path) -> None:
    """A target that maps neither."""
    assert said(brief(tmp_path / "unmapped"))["customer-service"].status == "SKIPPED"
