"""Stories that are told again and again, and what the judge says of them."""

from pathlib import Path

from handmade import Story, ticks
from handmade_plan import UNKNOWN

import reports
from reports.evidence import read_evidence
from reports.finding import Finding
from reports.judge.check_runner import findings


def said(story: Story) -> dict[str, Finding]:
    """All findings of a story by their ids."""
    return {finding.id: finding for finding in findings(read_evidence(story.write()))}


def word(story: Story) -> str:
    """The word over a story."""
    return reports.judge_run(story.write()).word


def rendered(story: Story) -> Path:
    """The folder, judged and rendered."""
    verdict = reports.conclude_run(story.write())
    assert (verdict.folder / "report.html").is_file()
    return verdict.folder


def healthy(folder: Path) -> Story:
    """A minute in which all goes well: customers, the pulse, and honest answers to the probes."""
    story = Story(folder)
    story.probes()
    story.crowd(0, 60)
    story.beat(0, 60)
    return story


def rescued(folder: Path, down_s: float = 2.0, strikes_s: float = 25.0) -> Story:
    """A minute in which the primary dies at 25 s, and all is well again so many seconds later."""
    story = Story(folder)
    story.probes()
    back_s = strikes_s + down_s
    story.crowd(0, 60)
    story.beat(0, strikes_s)
    story.beat(strikes_s, back_s, UNKNOWN, 1500.0)
    story.beat(back_s, 60)
    story.drill(strikes_s)
    story.failover(strikes_s)
    return story


def struck_twice(folder: Path, first_s: float = 1.0, second_s: float = 4.0) -> Story:
    """A minute and a half in which the primary dies at 25 s and again at 55 s, with two outages of their own lengths."""
    story = Story(folder)
    story.scenario["phases"] = [{"name": "peak", "lasts": 90, "arrivals": 10}]
    story.probes()
    story.crowd(0, 90)
    since_s = 0.0
    for at_s, down_s in ((25.0, first_s), (55.0, second_s)):
        story.beat(since_s, at_s)
        story.beat(at_s, at_s + down_s, UNKNOWN, 1500.0)
        story.drill(at_s)
        story.failover(at_s)
        since_s = at_s + down_s
    story.beat(since_s, 90)
    return story


def lost(folder: Path) -> Story:
    """A failover that loses two acknowledged transfers, breaks two gates and leaves one check waived."""
    story = rescued(folder, down_s=3)
    story.scenario["gates"] = [
        "p95 of claim.submit <= 1 s in peak",
        "error ratio <= 1 %",
        "rto of primary-kill <= 2 s",
        "rpo of primary-kill == 0",
    ]
    story.scenario["waive"] = [{"check": "red-packet-pool", "reason": "red packets are paid by another system"}]
    story.ask("transfer.submit", 22, effect=False, amount_fen=12_345)
    story.ask("transfer.submit", 24, effect=False, amount_fen=100)
    for at_s in ticks(25, 28, 10):
        story.ask("claim.submit", at_s, UNKNOWN, 900)
    return story
