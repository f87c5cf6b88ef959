"""What was asked of the target, and what of it was answered correctly and in time."""

from pathlib import Path

from handmade import Story, ticks
from handmade_plan import FAILURE, REFUSAL

from reports.evidence import read_evidence
from scenarios.run.outcomes import Outcome


def test_goodput_counts_correct_answers_in_time(tmp_path: Path) -> None:
    """100 fast, 50 too slow, 50 failed over 60 s: 100/60 per second and half of them good."""
    story = Story(tmp_path / "run")
    for number, at_s in enumerate(ticks(0, 50, 4)):
        match number % 4:
            case 0 | 1:
                story.ask("campaign.get", at_s)
            case 2:
                story.ask("campaign.get", at_s, latency_ms=801)
            case _:
                story.ask("campaign.get", at_s, FAILURE)
    traffic = read_evidence(story.write()).traffic
    assert int(traffic.good.sum()) == 100
    assert traffic.good_ratio == 0.5
    assert traffic.ratio(Outcome.FAILURE) == 0.25
    assert traffic.span_s(None) == 60


def test_transactions_are_successes_that_change_something(tmp_path: Path) -> None:
    """Reads and refusals are answers, no transactions."""
    story = Story(tmp_path / "run")
    story.ask("campaign.get", 1)
    story.ask("claim.submit", 1.2)
    story.ask("claim.submit", 1.4)
    story.ask("claim.submit", 1.6, REFUSAL)
    traffic = read_evidence(story.write()).traffic
    assert traffic.seconds(traffic.transactions)[:3].tolist() == [0, 2, 0]


def test_probes_that_misuse_a_key_are_no_traffic(tmp_path: Path) -> None:
    """An owed 422 is not a failed customer."""
    story = Story(tmp_path / "run")
    story.probes()
    traffic = read_evidence(story.write()).traffic
    assert len(traffic) == 1
    assert traffic.count(Outcome.FAILURE) == 0
    assert traffic.operations.latency_us.tolist() == [20_000]
