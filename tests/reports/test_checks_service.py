"""A service that works for nobody, or leaves no trace of its operators, is found; one that does its work is left in peace."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, REFUSAL, SHED, SUCCESS, T0_MS, UNKNOWN
from handmade_stories import healthy, said

import reports
from scenarios.run.outcomes import Outcome
from scenarios.run.records import operation_id


@pytest.mark.parametrize("outcome", [REFUSAL, FAILURE, SHED, UNKNOWN], ids=lambda outcome: outcome.label)
def test_an_operation_that_never_once_succeeds_is_found(tmp_path: Path, outcome: Outcome) -> None:
    """Whatever the answer is, and however many other operations go well."""
    story = healthy(tmp_path / "run")
    for at_s in ticks(10, 12, 5):
        story.ask("redpacket.open", at_s, outcome)
    found = said(story)["never-succeeded"]
    assert (found.status, found.measured) == ("FAIL", 1)
    assert found.detail == f"redpacket.open never once succeeded: asked for 10 times; 10 {outcome.label}"
    assert reports.judge_run(story.folder).word == "FAIL"


@pytest.mark.parametrize(("refused", "successes"), [(9, 0), (500, 1)], ids=["too few to tell", "one success"])
def test_refusals_beside_a_success_are_no_finding(tmp_path: Path, refused: int, successes: int) -> None:
    """Nor is a handful of refusals."""
    story = healthy(tmp_path / "run")
    for at_s in ticks(10, 10 + refused / 50, 50):
        story.ask("redpacket.open", at_s, REFUSAL)
    for at_s in ticks(20, 20 + successes, 1):
        story.ask("redpacket.open", at_s, SUCCESS)
    assert said(story)["never-succeeded"].status == "PASS"


def test_one_customer_who_asks_again_and_again_is_one_who_was_refused(tmp_path: Path) -> None:
    """Twenty taps in four visits tell no more than four: whatever stands in these customers' way is their own."""
    story = healthy(tmp_path / "run")
    for step in range(20):
        story.attempt("redpacket.open", operation_id(0, 90_000 + step % 4, step), 10 + step / 10, REFUSAL, 20, 1, 0, 0, 0.1)
    assert said(story)["never-succeeded"].status == "PASS"


def audited(folder: Path) -> Story:
    """A healthy minute of a campaign that was opened by one request, which the audit knows of."""
    story = healthy(folder)
    story.target["prepare"] = {"open": [{"service": "bank", "path": "/ops/campaigns"}]}
    source = {"role": "audit", "service": "bank", "path": "/audit", "fields": {"actor": "$.a", "action": "$.b", "at_ms": "$.c"}}
    story.target["readback"]["tables"]["audit"] = source  # type: ignore[index]  # a mapping
    story.tables["audit"] = [{"actor": "operator", "action": "campaign.create", "at_ms": T0_MS - 4000}]
    return story


def test_a_campaign_whose_opening_is_audited_passes(tmp_path: Path) -> None:
    """By whom, what, when."""
    story = audited(tmp_path / "run")
    assert said(story)["audit-trail"].status == "PASS"
    assert reports.judge_run(story.folder).word == "PASS"


@pytest.mark.parametrize(
    "change",
    [
        lambda story: story.tables["audit"].clear(),
        lambda story: story.tables["audit"][0].update(actor=""),
        lambda story: story.tables["audit"][0].update(action=None),
        lambda story: story.tables["audit"][0].update(at_ms=T0_MS - 86_400_000),
        lambda story: story.target["prepare"]["open"].append({"service": "bank", "path": "/ops/pools"}),
    ],
    ids=["no row", "nobody", "nothing", "a row of yesterday", "two requests, one row"],
)
def test_an_operator_who_leaves_no_trace_is_found(tmp_path: Path, change: Callable[[Story], None]) -> None:
    """An empty audit, a row that says neither who nor what, another day's row."""
    story = audited(tmp_path / "run")
    change(story)
    found = said(story)["audit-trail"]
    assert (found.status, found.measured >= 1) == ("FAIL", True), found.detail
    assert reports.judge_run(story.folder).word == "FAIL"


def test_a_target_without_an_audit_is_not_asked_for_one(tmp_path: Path) -> None:
    """Nor is one whose campaign nobody opens by a request."""
    assert "audit-trail" not in said(healthy(tmp_path / "a"))
    story = audited(tmp_path / "b")
    story.target["prepare"] = {}
    assert "audit-trail" not in said(story)
