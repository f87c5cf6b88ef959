"""Whoever talks to a target goes to the addresses that the interlock has pinned, whatever a name server says by then."""

import asyncio
from pathlib import Path

import pytest
from hosting import SECRETS, hosted

from locustfiles.engine.connector import Connector
from scenarios.client.http import HttpClient, Unreachable
from scenarios.errors import BadInput
from scenarios.target.operation_codec import render_request

SCOPE = {f"secret.{name}": value for name, value in SECRETS.items()}


def test_the_control_plane_goes_to_the_pinned_address_under_the_hosts_name(tmp_path: Path) -> None:
    """Whatever a name server says by then; a host that was not checked is not reached at all."""
    with hosted(tmp_path) as lanting:
        target = lanting.target((lanting.url, f"http://uat.bank.invalid:{lanting.url.rpartition(':')[2]}"))
        assert target.mark_echo is not None
        request = render_request(target.mark_echo, target, SCOPE)
        with HttpClient(target, SCOPE, {"uat.bank.invalid": ["127.0.0.1"]}) as client:
            assert client.send(request, 5).document["result"] == {"mark": "STORM"}  # type: ignore[index]  # a JSON object
        with HttpClient(target, SCOPE, {}) as client, pytest.raises(Unreachable):
            client.send(request, 5)
        with (
            HttpClient(target, SCOPE, {"other.bank.invalid": ["127.0.0.1"]}) as client,
            pytest.raises(BadInput, match="not among the hosts"),
        ):
            client.send(request, 5)


def test_the_crowd_goes_to_the_pinned_addresses_too() -> None:
    """No name is looked up again, so one that leads nowhere does no harm; TLS would still check the name."""
    loop = asyncio.new_event_loop()
    try:
        dialer = Connector(loop, ("uat.bank.invalid", 8443, False), ["127.0.0.1", "127.0.0.2"])
        assert [address for _, address in dialer.addresses] == [("127.0.0.1", 8443), ("127.0.0.2", 8443)]
        with pytest.raises(BadInput, match="does not resolve"):
            Connector(loop, ("uat.bank.invalid", 8443, False))
    finally:
        loop.close()
