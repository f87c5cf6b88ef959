"""Leaves the test process as it was: an engine freezes the collector's world and shortens the interpreter's turns."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

OWN = Path(__file__).parent / "own"


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STORMDRILL_PATH", str(OWN))
    switch_s, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(switch_s)
    gc.set_threshold(*thresholds)
    gc.unfreeze()
