"""A weakness that fails its own drill and no other is told from one that fails others, or that nothing was learnt of."""

from pathlib import Path

import orjson
import pytest

from bench.planted.bug import Bug
from bench.planted.crossing import Crossed, told

WEAK = Bug("deaf", "kill switch", "whoever hears it last", "smoke", "sentiment", ("gate",), ())

ENDS = [
    ({"sentiment": "FAIL", "capacity": "PASS"}, "exactly"),
    ({"sentiment": "FAIL", "capacity": "FAIL"}, "elsewhere"),
    ({"sentiment": "FAIL", "capacity": "INVALID"}, "unclear"),
    ({"sentiment": "FAIL", "capacity": "needs a handle"}, "unclear"),
    ({"sentiment": "PASS", "capacity": "FAIL"}, "survived"),
    ({"sentiment": "INVALID", "capacity": "PASS"}, "unclear"),
    ({"capacity": "PASS"}, "unclear"),
    ({}, "unclear"),
]


@pytest.mark.parametrize(("words", "verdict"), ENDS, ids=[f"{verdict}-{len(words)}-{index}" for index, (words, verdict) in enumerate(ENDS)])
def test_what_a_weakness_came_to(words: dict[str, str], verdict: str) -> None:
    """Only a drill that passes is one that it did not fail."""
    assert Crossed(WEAK, words, {}).verdict == verdict


def test_the_findings_that_failed_are_read_from_the_runs_and_told_with_their_drill(tmp_path: Path) -> None:
    """A row a weakness; what passed is not told."""
    run = tmp_path / "20260101T000000Z-drill-sentiment"
    run.mkdir()
    findings = [{"id": "gate: time to pause", "status": "FAIL"}, {"id": "amounts", "status": "PASS"}]
    (run / "verdict.json").write_bytes(orjson.dumps({"findings": findings}))
    results = [
        {"drill": "capacity", "verdict": "PASS", "sentence": "all well"},
        {"drill": "sentiment", "verdict": "FAIL", "sentence": "a gate failed"},
        {"drill": "outage", "verdict": None, "sentence": "needs a handle"},
    ]
    crossed = told(WEAK, results, tmp_path)
    assert crossed.row() == "| deaf | sentiment | unclear | sentiment: gate: time to pause; outage: needs a handle |"


def test_a_series_that_came_to_nothing_says_so() -> None:
    """Its last word stands where findings would."""
    assert Crossed(WEAK, {}, {}, "there is no room").row() == "| deaf | sentiment | unclear | there is no room |"
