"""What every check must be, and that none finds anything where nothing is wrong."""

from pathlib import Path

import pytest
from handmade_stories import healthy, rescued, word

import reports
from reports.finding import About, Kind
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


def test_the_contract_of_checks_has_the_words_that_findings_have() -> None:
    """It stands where no folder is imported, so it must be held against ours."""
    items = {item.name: item for item in CHECK.items}
    assert all(items["KIND"].holds(kind, "") and repr(kind.value) in items["KIND"].allowed for kind in Kind)
    assert items["TAINTS"].holds(tuple(About), "")
    assert all(repr(about.value) in items["TAINTS"].allowed for about in About)


def test_a_healthy_minute_passes(tmp_path: Path) -> None:
    """Nothing is found where nothing is wrong."""
    verdict = reports.judge_run(healthy(tmp_path / "run").write())
    assert (verdict.word, verdict.exit_code) == ("PASS", 0)


def test_a_rescued_minute_passes(tmp_path: Path) -> None:
    """A failover of two seconds that loses nothing is no reason not to launch."""
    assert word(rescued(tmp_path / "run")) == "PASS"
