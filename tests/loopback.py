"""Addresses of this machine for what tests start."""

from mock_bank.layout.ports import free_ports


def free_port() -> int:
    """A port that nobody has just now, and that the system gives to no connection: who calls it too early is refused, not his own peer."""
    return free_ports(1)[0]
