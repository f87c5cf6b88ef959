"""A run held against a baseline run: what differs, how surely, and what cannot be compared at all."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_stories import healthy, rescued

import reports
from reports.evidence import read_evidence
from reports.measures.baseline import Difference, comparable, differences
from scenarios.errors import BadInput
from stormdrill.cli import run_command_line


def _told(now: Path, before: Path) -> dict[str, Difference]:
    return {one.name: one for one in differences(read_evidence(now).traffic, read_evidence(before).traffic)}


def _slower(folder: Path, ms: float) -> Story:
    story = Story(folder)
    story.probes()
    story.crowd(0, 60, latency_ms=ms)
    story.beat(0, 60)
    return story


def test_a_run_does_not_differ_from_itself(tmp_path: Path) -> None:
    """Nor is that better or worse."""
    run = healthy(tmp_path / "run").write()
    found = _told(run, run)
    assert list(found) == ["TPS", "Goodput", "Goodput ratio", "p50 latency", "p95 latency", "p99 latency"]
    assert {(one.change, one.low, one.high, one.better) for one in found.values()} == {(0.0, 0.0, 0.0, None)}


def test_what_is_slower_is_told_with_its_interval(tmp_path: Path) -> None:
    """Forty milliseconds instead of twenty: exactly twenty more, the interval holds them, and it is worse; rates do not differ."""
    found = _told(_slower(tmp_path / "now", 40.0).write(), _slower(tmp_path / "before", 20.0).write())
    median = found["p50 latency"]
    assert (median.before, median.now, median.change) == (20.0, 40.0, 20.0)
    assert median.low is not None
    assert median.high is not None
    assert median.low - 0.5 <= 20 <= median.high + 0.5
    assert median.better is False
    assert (found["TPS"].change, found["TPS"].better) == (0.0, None)


def test_an_outage_of_two_seconds_is_worse_and_not_sure_to_the_tenth(tmp_path: Path) -> None:
    """One span of twelve has all the failures: the interval says how little one event tells."""
    story = healthy(tmp_path / "now")
    from handmade_plan import UNKNOWN  # noqa: PLC0415 - here alone

    story.crowd(30, 32, UNKNOWN, 900)
    ratio = _told(story.write(), healthy(tmp_path / "before").write())["Goodput ratio"]
    assert ratio.change is not None
    assert ratio.change < 0
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.low < ratio.change < ratio.high
    assert ratio.high - ratio.low > abs(ratio.change)


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("phases", [{"name": "peak", "lasts": 60, "arrivals": 11}], "phases"),
        ("mix", {"flash-sale": 1, "home-page": 1}, "mix"),
        ("slo", {"read_ms": 100}, "limits of goodput"),
    ],
)
def test_runs_of_another_load_are_refused_in_one_sentence(tmp_path: Path, key: str, value: object, word: str) -> None:
    """It names the runs, and what differs."""
    other = healthy(tmp_path / "other")
    other.scenario[key] = value
    now, before = read_evidence(healthy(tmp_path / "run").write()), read_evidence(other.write())
    with pytest.raises(BadInput, match=f"cannot be held against run .*: they differ in their {word}"):
        comparable(now, before)


def test_a_baseline_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    """Half a run is no baseline of a whole one."""
    from scenarios.run.event_kinds import RunInterrupted  # noqa: PLC0415 - here alone

    cut = healthy(tmp_path / "cut")
    cut.tell("door", 30, RunInterrupted(reason="by its user"))
    now, before = read_evidence(healthy(tmp_path / "run").write()), read_evidence(cut.write())
    with pytest.raises(BadInput, match="ended after 30 s of 60 s"):
        comparable(now, before)


def test_the_report_shows_both_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines, bars and differences, and the drill that only one had to bear; without a baseline there is no such section."""
    before, now = healthy(tmp_path / "before").write(), rescued(tmp_path / "now").write()
    assert run_command_line(["report", str(now), "--baseline", str(before), "--lang", "zh"]) == 0
    page = (now / "report.html").read_text("utf-8")
    assert all('id="baseline"' in page and words in page for words in ("与基线对比", "primary-kill", "95 % 区间"))
    assert {"compared.svg", "compared-figures.svg"} <= {path.name for path in (now / "charts").iterdir()}
    reports.render_run(now)
    assert 'id="baseline"' not in (now / "report.html").read_text("utf-8")
    assert run_command_line(["report", str(now), "--baseline", str(tmp_path)]) == 64
    assert capsys.readouterr().err.count("\n") == 1
