"""Faults of links, over the real link proxy and a real server behind it."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos_support import wait

from chaos.errors import ChaosError, OutOfReach
from chaos.fault import FaultTarget
from chaos.handles.http import call, demand
from chaos.handles.probe import probe
from chaos.registry import build_fault
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.protocol import FaultState


def _answer(server: socket.socket) -> None:
    """Answers one byte to whatever comes, as PostgreSQL does to an SSLRequest."""
    while True:
        try:
            link, _ = server.accept()
        except OSError:
            return
        with link:
            try:
                link.recv(100)
                link.sendall(b"N")
            except OSError:
                continue


@pytest.fixture
def handles() -> Iterator[Handles]:
    """A link proxy with the link `a-b` to a server."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as free:
        threading.Thread(target=_answer, args=(server,), daemon=True).start()
        address = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        with subprocess.Popen([sys.executable, "-m", "mock_bank.network.linkproxy", address], start_new_session=True) as proxy:
            url = f"http://{address}"
            wait(lambda: _there(url), "the link proxy serves")
            upstream = f"127.0.0.1:{server.getsockname()[1]}"
            demand("POST", f"{url}/proxies", {"name": "a-b", "listen": "127.0.0.1:0", "upstream": upstream})
            yield Handles(proxy_api=url)
            proxy.terminate()
            proxy.wait(10)
        server.shutdown(socket.SHUT_RDWR)


def _there(url: str) -> bool:
    try:
        return call("GET", f"{url}/version").status == 200
    except OutOfReach:
        return False


def listen(handles: Handles) -> str:
    """The link's address."""
    return handles.link_proxy().link("a-b").listen


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_latency_is_measured_through_the_link_itself(handles: Handles, stream: str) -> None:
    """The probe sees the delay that was asked for, and sees none without the toxic."""
    fault = build_fault("link-toxic", {"link": "a-b", "latency_ms": 200, "stream": stream})
    target = fault.find_target(handles)
    assert not fault.is_effective(handles, target).holds, "called effective before it was injected"
    fault.inject(handles, target)
    assert fault.is_effective(handles, target).holds
    assert probe(listen(handles), deadline_s=2).after_ms >= 200
    assert not fault.is_healed(handles, target).holds
    fault.undo(handles, target)
    fault.undo(handles, target)
    assert fault.is_healed(handles, target).holds
    assert not fault.is_effective(handles, target).holds


def test_a_toxic_that_somebody_takes_off_is_without_effect(handles: Handles) -> None:
    """What the proxy was told does not count, only what the link does."""
    fault = build_fault("link-toxic", {"link": "a-b", "latency_ms": 300})
    target = fault.find_target(handles)
    fault.inject(handles, target)
    handles.link_proxy().remove("a-b", str(target.notes["toxic"]))
    assert not fault.is_effective(handles, target).holds


@pytest.mark.parametrize(("toxic", "sign"), [("timeout", "silent"), ("reset_peer", "reset")])
def test_silence_and_resets_are_seen(handles: Handles, toxic: str, sign: str) -> None:
    """Each kind of toxic is shown by what a connection of our own goes through."""
    fault = build_fault("link-toxic", {"link": "a-b", "toxic": toxic})
    target = fault.find_target(handles)
    fault.inject(handles, target)
    seen = fault.is_effective(handles, target)
    assert seen.holds, seen.evidence
    assert sign in seen.evidence
    fault.undo(handles, target)
    assert fault.is_healed(handles, target).holds


def test_a_cut_link_refuses_until_the_undo(handles: Handles, leases: Path) -> None:
    """link-cut, asked of the watchdog, on a target that has no topology."""
    with WatchdogClient(handles, leases=leases) as watchdog:
        state = watchdog.inject(build_fault("link-cut", {"link": "a-b"}))
        assert state.state is FaultState.EFFECTIVE, state.evidence
        assert probe(listen(handles), deadline_s=1).how == "refused"
        with pytest.raises(ChaosError, match="is cut already"):
            watchdog.inject(build_fault("link-cut", {"link": "a-b"}))
        watchdog.undo(state.lease)
        wait(lambda: watchdog.faults()[0].state is FaultState.HEALED, "the link is healed")
    assert probe(listen(handles), deadline_s=1).how == "answered"


def test_a_target_without_the_handle_says_so() -> None:
    """A fault names what the target's file lacks."""
    with pytest.raises(ChaosError, match="no handle 'proxy_api'"):
        build_fault("link-cut", {"link": "a-b"}).find_target(Handles())
    with pytest.raises(ChaosError, match="no handle 'topology'"):
        build_fault("primary-kill", {}).inject(Handles(), build_fault("primary-kill", {}).find_target(Handles()))


@pytest.mark.parametrize("host", ["192.0.2.1", "example.com", "10.0.0.1", "127.0.0.1.example.com", "0.0.0.0"])  # noqa: S104 - refused
def test_nothing_but_loopback_is_reached(host: str) -> None:
    """Neither a request nor a probe leaves the machine."""
    with pytest.raises(OutOfReach, match="loopback only"):
        call("GET", f"http://{host}:80/")
    with pytest.raises(OutOfReach, match="loopback only"):
        build_fault("link-cut", {"link": "a-b"}).is_effective(Handles(), FaultTarget(notes={"listen": f"{host}:80"}))
