"""The large run that judging is measured on is one that a judge can pass."""

from pathlib import Path

import reports
from bench.kit.big_run import big_run


def test_the_run_of_arrays_is_judged_pass(tmp_path: Path) -> None:
    """In small; its two waivers say what a run of arrays cannot have."""
    folder = big_run(tmp_path, samples=9400, effects=3400).folder
    verdict = reports.judge_run(folder)
    assert (verdict.word, "2 waived" in verdict.sentence) == ("PASS", True), verdict.sentence
