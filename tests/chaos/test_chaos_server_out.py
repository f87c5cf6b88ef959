"""A server that is out at several gateways, of which one falls silent or is gone before it is put back."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from chaos_haproxy import pid_of, running_haproxy

from chaos.errors import OutOfReach
from chaos.fault import FaultTarget
from chaos.faults.server_out import ServerOut
from chaos.handles.haproxy import Haproxy
from chaos.target_handles import Handles

FAULT = ServerOut(backend="shop", server="a")


@contextmanager
def two(folder: Path) -> Iterator[tuple[Handles, str, str, ExitStack]]:
    """Two gateways, and what ends the second."""
    (folder / "other").mkdir()
    with running_haproxy(folder, by_port=True) as one, ExitStack() as ends:
        other = ends.enter_context(running_haproxy(folder / "other", by_port=False))
        yield Handles(others={"haproxy": (one, other)}), one, other, ends


def _broken(handles: Handles) -> FaultTarget:
    target = FAULT.find_target(handles)
    FAULT.inject(handles, target)
    assert FAULT.is_effective(handles, target).holds
    return target


def test_nothing_is_healed_while_one_gateway_is_silent(tmp_path: Path) -> None:
    """It wakes with the server out: the undo is to be tried again, and the others are put back meanwhile."""
    with two(tmp_path) as (handles, one, other, _):
        target = _broken(handles)
        pid = pid_of(other)
        os.kill(pid, signal.SIGSTOP)
        try:
            for asked in (FAULT.undo, FAULT.is_healed):
                with pytest.raises(OutOfReach, match=f"{other}: .*: no answer in time"):
                    asked(handles, target)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert not Haproxy(one).server("shop", "a").ordered
        assert other in FAULT.by_hand(target)
        FAULT.undo(handles, target)
        assert not Haproxy(other).server("shop", "a").ordered
        assert FAULT.is_healed(handles, target).holds


def test_a_gateway_that_is_gone_has_forgotten(tmp_path: Path) -> None:
    """Nobody waits for it; where none is there nobody says that it is healed."""
    with two(tmp_path) as (handles, one, _, ends):
        target = _broken(handles)
        ends.close()
        FAULT.undo(handles, target)
        assert FAULT.is_healed(handles, target).holds
        assert not Haproxy(one).server("shop", "a").ordered
    FAULT.undo(handles, target)
    with pytest.raises(OutOfReach, match="shop/a: none of its gateways is there"):
        FAULT.is_healed(handles, target)
