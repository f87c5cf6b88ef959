"""Where Locust's master and its page listen."""

import socket
from pathlib import Path

import pytest

from scenarios.errors import StormdrillError
from stormdrill.rehearsal import load_processes
from stormdrill.rehearsal.load_processes import free_port


def test_a_server_s_port_is_given_to_no_connection() -> None:
    """Else a worker that calls before the master listens may be connected to itself, and the master finds its port taken."""
    ephemeral = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(ephemeral.read_text().split()[0]) if ephemeral.exists() else 49_152
    ports = {free_port() for _ in range(20)}
    assert max(ports) < first
    assert len(ports) > 10, "two rehearsals at one time seldom try the same"


def test_a_port_that_is_taken_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """At whatever address; where all are, it is said."""
    port = free_port()
    monkeypatch.setattr(load_processes, "_SERVERS_PORTS", range(port, port + 1))
    assert free_port() == port
    with socket.create_server(("127.0.0.1", port)), pytest.raises(StormdrillError, match=f"no free port between {port} and {port}"):
        free_port()
