"""How a watchdog comes up: as slowly as a busy machine has it, or not at all."""

from collections.abc import Callable
from pathlib import Path

import pytest
from chaos_support import StandIn, children_running

from chaos.errors import ChaosError
from chaos.watchdog import client
from chaos.watchdog.client import WatchdogClient


@pytest.fixture
def slow_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has every watchdog do something before it comes up, and its door take less than a second of silence for a hang."""
    monkeypatch.setattr(client, "_START_SILENT_S", 0.8)
    monkeypatch.setattr(client, "_LAST_S", 0.1)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def first_does(what: str) -> None:
        own = f"import sys, time\nif 'chaos.watchdog.process' in sys.orig_argv:\n    {what}\n"
        (tmp_path / "sitecustomize.py").write_text(own)

    return first_does


def test_a_watchdog_that_comes_up_slowly_is_waited_for(slow_start: Callable[[str], None], world: StandIn, leases: Path) -> None:
    """Twice as long as what is taken for a hang: what counts is that it works, not for how long."""
    slow_start("while time.process_time() < 1.6: pass")
    with WatchdogClient(world.handles, leases=leases) as watchdog:
        assert watchdog.alive()


def test_a_watchdog_that_hangs_at_its_start_is_given_up(slow_start: Callable[[str], None], world: StandIn, leases: Path) -> None:
    """With a sentence, and the process is gone."""
    slow_start("time.sleep(3600)")
    with pytest.raises(ChaosError, match=r"the watchdog does not start: the watchdog shows no sign of life for 0\.8 s"):
        WatchdogClient(world.handles, leases=leases)
    assert children_running("chaos.watchdog.process") == []
