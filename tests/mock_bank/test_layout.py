"""Where a world may keep its things, and at which addresses."""

import ctypes
import os
import socket
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from mock_bank.errors import WorldError
from mock_bank.layout import homes
from mock_bank.layout.folders import layout
from mock_bank.layout.homes import private_home, reachable, take_place_in_memory
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


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the one in memory, on a machine with room in it, and a temporary folder that nobody has chosen."""
    for name in ("tmp", "shm"):
        (tmp_path / name).mkdir()
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(homes, "_MEMORY", tmp_path / "shm")
    monkeypatch.setattr(homes, "memory_free", lambda: 8 << 30)
    return tmp_path / "shm"


def _data_of(world: Path) -> Path:
    take_place_in_memory(world)
    return layout(world, os.getuid()).data


def test_databases_lie_in_memory_where_nobody_has_chosen_a_folder(memory: Path) -> None:
    """And in a folder of this user's own there; whoever looks later finds them by the world's folder alone."""
    world = private_home() / "run-1"
    data = _data_of(world)
    assert memory in data.parents
    assert stat.S_IMODE((memory / f"stormdrill-{os.getuid()}").stat().st_mode) == (0o711 if os.getuid() == 0 else 0o700)
    assert layout(world, os.getuid()).data == data
    assert layout(world.with_name("run-2"), os.getuid()).data != data
    data.parent.rmdir()
    assert layout(world, os.getuid()).data == world / "data"


def test_databases_lie_with_their_world_where_its_user_has_chosen_a_folder(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, or by TMPDIR."""
    named = memory.parent / "mine" / "world"
    assert _data_of(named) == named / "data"
    monkeypatch.setenv("TMPDIR", str(memory.parent / "tmp"))
    assert _data_of(private_home() / "run-1") == private_home() / "run-1" / "data"


def test_databases_lie_on_disk_where_memory_is_short_or_somebody_else_s(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fails for want of it."""
    world = private_home() / "run-1"
    monkeypatch.setattr(homes, "memory_free", lambda: 1 << 30)
    assert _data_of(world) == world / "data"
    monkeypatch.setattr(homes, "memory_free", lambda: 8 << 30)
    (memory / f"stormdrill-{os.getuid()}").write_text("in the way", encoding="utf-8")
    assert _data_of(world) == world / "data"


def test_memory_is_as_free_as_the_least_of_what_bounds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file system, the machine, and what this process is granted of it."""
    monkeypatch.setattr(homes, "_MEMORY", tmp_path)
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    (tmp_path / "memory.current").write_text("500\n", encoding="ascii")
    monkeypatch.setattr(homes, "_LIMIT", tmp_path / "memory.max")
    unbounded = homes.memory_free()
    (tmp_path / "memory.max").write_text("1500\n", encoding="ascii")
    assert homes.memory_free() in {1000, 0}
    assert unbounded == 0 or unbounded > 1000
    monkeypatch.setattr(homes, "_MEMORY", tmp_path / "none")
    assert homes.memory_free() == 0
