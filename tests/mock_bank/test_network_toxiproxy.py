"""The link proxy's API is Toxiproxy's: every case of the tables, against the link proxy and, where it is there, against the real server."""

import json
import re
import socket
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import pytest
import requests
from toxiproxy_cases import API_TESTS, Plain, Step
from toxiproxy_lab import SERVERS, Toxiproxy, serving
from toxiproxy_requests import REQUESTS

from mock_bank.layout.ports import free_ports


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Toxiproxy]:
    """Each of them."""
    with serving(request.param) as proxy:
        yield proxy


@pytest.fixture
def empty(server: Toxiproxy) -> Toxiproxy:
    """Without a proxy."""
    for name in server.call("GET", "/proxies"):
        server.call("DELETE", f"/proxies/{quote(name, safe='')}", status=204)
    return server


@pytest.mark.parametrize("case", [*API_TESTS, *REQUESTS])
def test_every_answer_is_toxiproxys(empty: Toxiproxy, case: str) -> None:
    """Status, type and words, whatever is asked."""
    ports = dict(zip(("@1", "@2", "@3"), map(str, free_ports(3)), strict=True))
    for step in {**API_TESTS, **REQUESTS}[case]:
        replay(empty.url, step, ports)


def replay(url: str, step: Step, ports: Mapping[str, str]) -> None:
    """One step."""
    if step.method in {"UP", "DOWN"}:
        host, port = filled(step.path, ports).split(":")
        with socket.socket() as sock:
            assert (sock.connect_ex((host, int(port))) == 0) == (step.method == "UP"), step
        return
    body = step.body if isinstance(step.body, str) else "" if step.body is None else json.dumps(step.body)
    answer = requests.request(
        step.method, url + step.path, data=filled(body, ports).encode(), headers={"User-Agent": step.agent}, timeout=5
    )
    assert answer.status_code == step.status, (step, answer.text)
    unrouted = step.status == 405 or (isinstance(step.says, Plain) and step.status == 404)
    assert unrouted or len(answer.headers["X-Toxiproxy-Request-Id"]) == 20
    check(step, answer, ports)


def check(step: Step, answer: requests.Response, ports: Mapping[str, str]) -> None:
    """The answer says what it should, in the type that it should."""
    kind = answer.headers.get("Content-Type", "")
    match step.says:
        case None:
            return
        case Plain():
            assert (answer.text, kind) == (step.says.text, "text/plain; charset=utf-8")
        case str() | re.Pattern():
            assert kind == "text/plain; charset=utf-8"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.text.endswith("\n")
            assert answer.json().keys() == {"error", "status"}
            assert fits(answer.json(), {"error": step.says, "status": step.status}, ports), answer.text
        case _:
            assert kind == ("application/json;charset=utf-8" if step.path == "/version" else "application/json")
            assert fits(answer.json(), step.says, ports), (answer.text, step.says)


def fits(found: object, wanted: object, ports: Mapping[str, str]) -> bool:
    """Whether there is as much as is wanted: all keys of an object but any more, exactly so many items of a list."""
    match wanted:
        case re.Pattern():
            return isinstance(found, str) and re.fullmatch(filled(wanted.pattern, ports), found) is not None
        case str():
            return found == filled(wanted, ports)
        case dict():
            return isinstance(found, dict) and all(key in found and fits(found[key], value, ports) for key, value in wanted.items())
        case list():
            paired = isinstance(found, list) and len(found) == len(wanted)
            return paired and all(fits(item, value, ports) for item, value in zip(found, wanted, strict=True))
    return found == wanted


def filled(text: str, ports: Mapping[str, str]) -> str:
    """With the ports that were found free."""
    for name, port in ports.items():
        text = text.replace(name, port)
    return text
