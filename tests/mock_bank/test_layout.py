"""Where a world may keep its things, and at which addresses."""

import ctypes
import os
import socket
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from mock_bank.errors import WorldError
from mock_bank.layout.folders import reachable
from mock_bank.layout.ports import PortClaim, free_ports
from mock_bank.layout.writeback import write_out


def test_folder_below_a_closed_one_is_out_of_reach_of_another_user(tmp_path: Path) -> None:
    """Every folder on the way must let him pass; one's own are always in reach."""
    stranger = os.getuid() + 1
    open_below = tmp_path / "closed" / "open"
    open_below.mkdir(parents=True)
    (tmp_path / "closed").chmod(stat.S_IRWXU)
    assert not reachable(open_below, stranger)
    assert reachable(open_below, os.getuid())
    assert reachable(Path("/"), stranger)


def test_free_ports_are_distinct_and_can_be_bound() -> None:
    """And lie below those that the system gives to outgoing connections."""
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    ephemeral = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if ephemeral.exists():
        assert max(ports) < int(ephemeral.read_text().split()[0])


def test_a_world_s_ports_are_no_other_s_while_they_are_claimed() -> None:
    """Though nobody listens at them; whoever takes the world over claims them again, once they are let go."""
    with PortClaim.new() as one, PortClaim.new() as other:
        assert len(one.ports) == 47
        assert set(one.ports).isdisjoint(other.ports)
        assert set(one.ports).isdisjoint(free_ports(200))
        assert PortClaim.again(one.ports) is None
        mine = one.ports
    again = PortClaim.again(mine)
    assert again
    with again:
        assert again.ports == mine


def test_a_block_is_not_claimed_while_somebody_listens_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever that is, and at whatever address."""
    with PortClaim.new() as claim:
        ports = claim.ports
    monkeypatch.setattr("mock_bank.layout.ports._FIRST", ports[0] - 1)
    monkeypatch.setattr("mock_bank.layout.ports._SINGLE", ports[-1] + 2)
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", ports[20]))
        with pytest.raises(WorldError, match="no 48 free ports in a row"):
            PortClaim.new()
    with PortClaim.new() as claim:
        assert claim.ports == ports


def test_what_a_world_has_put_off_is_written_out_where_its_folder_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the file system of that folder alone; every file system where one cannot be told."""
    told: list[object] = []

    def syncfs(descriptor: int) -> None:
        told.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(syncfs=syncfs))
    write_out(tmp_path)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    monkeypatch.setattr(os, "sync", lambda: told.append("all"))
    write_out(tmp_path)
    assert told == [tmp_path.stat().st_ino, "all"]
