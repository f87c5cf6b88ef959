"""Where a world may keep its things, and at which addresses."""

import os
import socket
import stat
from pathlib import Path

from mock_bank.layout.folders import reachable
from mock_bank.layout.ports import free_ports


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
