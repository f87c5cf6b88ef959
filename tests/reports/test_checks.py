"""What every check must be, and that none finds anything where nothing is wrong."""

from pathlib import Path

import pytest
from handmade_stories import healthy, rescued, word

import reports
from reports.finding import Kind
from scenarios.plugins import CHECK, modules


@pytest.mark.parametrize("name", [name for name, _ in modules(CHECK)])
def test_every_check_says_what_it_is(name: str) -> None:
    """A check's file has an id like its name, a title, a kind, and the one function."""
    module = dict(modules(CHECK))[name]
    assert name == module.ID
    assert module.TITLE
    assert module.KIND in Kind
    assert callable(module.check)
    assert module.__doc__


def test_a_healthy_minute_passes(tmp_path: Path) -> None:
    """Nothing is found where nothing is wrong."""
    verdict = reports.judge_run(healthy(tmp_path / "run").write())
    assert (verdict.word, verdict.exit_code) == ("PASS", 0)


def test_a_rescued_minute_passes(tmp_path: Path) -> None:
    """A failover of two seconds that loses nothing is no reason not to launch."""
    assert word(rescued(tmp_path / "run")) == "PASS"
