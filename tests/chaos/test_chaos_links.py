"""Faults of links, over the real link proxy and a real server behind it."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import cast

import pytest
from chaos_links import SERVERS, Talk, closes, greets, hears, ignores_nonsense, leaves, links, resets, says_n, speaks_http
from chaos_standin import started
from chaos_support import wait
from loopback import free_port
from pydantic import JsonValue

from chaos.errors import ChaosError, NoTarget, OutOfReach
from chaos.fault import Fault, FaultTarget
from chaos.handles.http import call, demand
from chaos.handles.probe import probe
from chaos.handles.toxiproxy import Toxiproxy
from chaos.registry import build_fault
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.protocol import FaultState


@pytest.fixture(scope="module", params=SERVERS)
def handles(request: pytest.FixtureRequest) -> Iterator[Handles]:
    """A link proxy with the link `a-b` to a server."""
    with links(request.param) as there:
        yield there


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
    assert probe(listen(handles), deadline_s=30).after_ms >= 200
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


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
@pytest.mark.parametrize(("toxic", "signs"), [("timeout", ["silent", "closed"]), ("reset_peer", ["reset"])])
def test_silence_and_resets_are_seen(handles: Handles, toxic: str, signs: list[str], stream: str) -> None:
    """Each kind of toxic is shown by what a connection of our own goes through, before a server that closes once it has answered."""
    fault = build_fault("link-toxic", {"link": "a-b", "toxic": toxic, "stream": stream})
    target = fault.find_target(handles)
    assert not fault.is_effective(handles, target).holds, "called effective before it was injected"
    fault.inject(handles, target)
    seen = fault.is_effective(handles, target)
    assert seen.holds, seen.evidence
    assert any(f": {sign} after" in seen.evidence for sign in signs), seen.evidence
    fault.undo(handles, target)
    assert fault.is_healed(handles, target).holds
    assert not fault.is_effective(handles, target).holds


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("toxic", ["latency", "timeout"])
def test_effects_are_seen_before_a_server_that_hangs_up_on_what_is_not_http(kind: str, toxic: str) -> None:
    """It is asked in its own language."""
    with links(kind, speaks_http) as handles:
        fault = build_fault("link-toxic", {"link": "a-b", "toxic": toxic})
        target = fault.find_target(handles)
        assert (target.notes["word"], target.notes["usual"]) == ("http", "answered")
        fault.inject(handles, target)
        assert fault.is_effective(handles, target).holds
        fault.undo(handles, target)
        assert not fault.is_effective(handles, target).holds
        assert fault.is_healed(handles, target).holds


TOXICS = [(toxic, stream) for toxic in ("latency", "timeout", "reset_peer") for stream in ("upstream", "downstream")]
SHOWN: dict[Talk, list[tuple[str, str]]] = {  # the toxics that a probe can tell from what it meets before such a server
    says_n: TOXICS,
    ignores_nonsense: TOXICS,
    speaks_http: TOXICS,
    closes: [each for each in TOXICS if each != ("timeout", "downstream")],
    hears: [("reset_peer", "upstream")],
    resets: [("timeout", "upstream")],
    greets: [each for each in TOXICS if each[1] == "downstream"],
    leaves: [("latency", "downstream"), ("reset_peer", "downstream")],
}


@pytest.mark.parametrize("talk", SHOWN, ids=lambda talk: talk.__name__)
def test_whatever_the_server_does_a_fault_is_shown_and_healed_or_refused(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A toxic that nothing could show is refused before it is put on; a link that is whole again is called so, by what a lease holds."""
    for fault in ("link_toxic", "link_cut"):
        monkeypatch.setattr(f"chaos.faults.{fault}._ANSWER_S", 0.5)  # silence is waited for so often
    with links("link-proxy", talk) as handles:
        for toxic, stream in TOXICS:
            fault = build_fault("link-toxic", {"link": "a-b", "toxic": toxic, "stream": stream})
            if (toxic, stream) in SHOWN[talk]:
                run_through(fault, handles)
            else:
                with pytest.raises(NoTarget, match="would not show"):
                    fault.find_target(handles)
        run_through(build_fault("link-cut", {"link": "a-b"}), handles)


def run_through(fault: Fault, handles: Handles) -> None:
    """Found, put into a lease, injected, undone and healed."""
    target = FaultTarget.model_validate_json(fault.find_target(handles).model_dump_json())
    assert not fault.is_effective(handles, target).holds, f"{fault}: called effective before it was injected"
    fault.inject(handles, target)
    seen = fault.is_effective(handles, target)
    assert seen.holds, f"{fault}: {seen.evidence}"
    assert not fault.is_healed(handles, target).holds, f"{fault}: called healed before the undo"
    fault.undo(handles, target)
    whole = fault.is_healed(handles, target)
    assert whole.holds, f"{fault}: {whole.evidence}"


@pytest.mark.parametrize(
    ("talk", "fields", "why"),
    [
        (closes, {"toxic": "timeout"}, "is closed as it is: timeout downstream would not show; it would where that is answered"),
        (hears, {"toxic": "latency"}, "is silent as it is: latency downstream would not show; it would where that is answered or closed"),
        (greets, {"stream": "upstream"}, "is answered before it says a word: latency upstream would not show"),
    ],
    ids=["closes", "hears", "greets"],
)
def test_a_refusal_says_what_is_there_and_what_would_do(talk: Talk, fields: dict[str, str], why: str) -> None:
    """In one sentence."""
    with links("link-proxy", talk) as handles, pytest.raises(NoTarget, match=f"^a probe through a-b {why}$"):
        build_fault("link-toxic", {"link": "a-b", **fields}).find_target(handles)


@pytest.mark.parametrize("talk", [ignores_nonsense, hears, resets], ids=lambda talk: talk.__name__)
def test_what_an_older_version_has_left_is_healed_without_its_notes(talk: Talk) -> None:
    """Nobody knows what the link did before: it is enough that somebody is there."""
    with links("link-proxy", talk) as handles:
        cut, old = build_fault("link-cut", {"link": "a-b"}), FaultTarget(part="a-b", notes={"listen": listen(handles)})
        cut.inject(handles, old)
        assert cut.is_effective(handles, old).holds
        assert not cut.is_healed(handles, old).holds
        cut.undo(handles, old)
        assert cut.is_healed(handles, old).holds
        slow, old = build_fault("link-toxic", {"link": "a-b"}), FaultTarget(part="a-b", notes={"listen": listen(handles), "toxic": "t"})
        slow.inject(handles, old)
        assert not slow.is_healed(handles, old).holds
        slow.undo(handles, old)
        assert slow.is_healed(handles, old).holds


def test_a_link_that_nobody_reaches_is_neither_cut_nor_slowed() -> None:
    """As where its proxy, which calls it open, listens on a machine of its own."""
    said = {"name": "a-b", "listen": f"127.0.0.1:{free_port()}", "upstream": "127.0.0.1:9", "enabled": True}

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        handles = Handles(proxy_api=f"http://127.0.0.1:{server.server_port}")
        for name, fields in (("link-cut", {}), *(("link-toxic", {"toxic": toxic, "stream": stream}) for toxic, stream in TOXICS)):
            with pytest.raises(NoTarget, match=r"a probe through a-b is refused as it is: .* would not show"):
                build_fault(name, {"link": "a-b", **fields}).find_target(handles)
        server.shutdown()


@pytest.mark.parametrize("name", ["to lanting", "{a}", "a#b"])
def test_what_is_done_by_hand_addresses_the_link(name: str) -> None:
    """By the address that its proxy knows it by, whatever it is called."""
    with links("link-proxy", name=name) as handles:
        target = FaultTarget(part=name, notes={"toxic": "t#1", "listen": handles.link_proxy().link(name).listen})
        cut, slow = build_fault("link-cut", {"link": name}), build_fault("link-toxic", {"link": name})
        cut.inject(handles, target)
        slow.inject(handles, target)
        for fault in (cut, slow):
            method, path, *body = fault.by_hand(target).partition(": ")[2].split(" ", 2)
            demand(method, f"{handles.proxy_api}{path}", json.loads(body[0]) if body else None)
        link = handles.link_proxy().link(name)
        assert (link.enabled, link.toxic_names) == (True, [])


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize(("host", "listen"), [("::1", "[::]:0"), ("127.0.0.1", "0.0.0.0:0"), ("127.0.0.1", "[::1]:0")])
def test_links_are_probed_wherever_they_listen(kind: str, host: str, listen: str) -> None:
    """Everywhere, or at the loopback of either family, and the server itself at either."""
    with links(kind, host=host, listen=listen) as handles:
        for name, fields in (("link-toxic", {"latency_ms": 100}), ("link-cut", {})):
            fault = build_fault(name, {"link": "a-b", **fields})
            target = fault.find_target(handles)
            fault.inject(handles, target)
            seen = fault.is_effective(handles, target)
            assert seen.holds, seen.evidence
            fault.undo(handles, target)
            assert fault.is_healed(handles, target).holds


@pytest.mark.parametrize("name", ["a#b", "a b", "a?b", "a%23b", "a&b=c", "数据库", "a;b"])
def test_a_link_is_addressed_by_its_whole_name(handles: Handles, name: str) -> None:
    """And no other one is touched, whose name is how it begins."""
    proxy = handles.link_proxy()
    described = [{"name": each, "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"} for each in ("a", name)]
    demand("POST", f"{proxy.url}/populate", cast("list[JsonValue]", described))
    proxy.add(name, "t#1", "latency", "upstream", {"latency": 1}, 1.0)
    assert (proxy.link(name).toxic_names, proxy.link("a").toxic_names) == (["t#1"], [])
    proxy.remove(name, "t#1")
    assert proxy.link(name).toxic_names == []
    proxy.enable(name, enabled=False)
    assert (proxy.link(name).enabled, proxy.link("a").enabled) == (False, True)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_what_can_be_no_name_in_a_path_is_refused(name: str) -> None:
    """It would address something else."""
    with pytest.raises(NoTarget, match="no link is addressed by the name"):
        Toxiproxy("http://127.0.0.1:1").link(name)


@pytest.mark.parametrize("refusal", [404, 405])
def test_a_toxiproxy_that_knows_no_patch_is_asked_by_post(refusal: int) -> None:
    """As before 2.6; one that knows it is asked once."""
    asked = []

    class Old(BaseHTTPRequestHandler):
        def do_PATCH(self) -> None:
            self.answer(refusal)

        def do_POST(self) -> None:
            self.answer(200)

        def answer(self, status: int) -> None:
            asked.append((self.command, self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Old) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Toxiproxy(f"http://127.0.0.1:{server.server_port}").enable("a b", enabled=False)
        server.shutdown()
    assert asked == [("PATCH", "/proxies/a%20b", b'{"enabled":false}'), ("POST", "/proxies/a%20b", b'{"enabled":false}')]


def test_a_cut_link_refuses_until_the_undo(handles: Handles, leases: Path) -> None:
    """link-cut, asked of the watchdog, on a target that has no topology."""
    with WatchdogClient(handles, leases=leases) as watchdog:
        state = watchdog.inject(build_fault("link-cut", {"link": "a-b"}))
        assert state.state is FaultState.EFFECTIVE, state.evidence
        assert probe(listen(handles), deadline_s=30).how == "refused"
        with pytest.raises(ChaosError, match="is cut already"):
            watchdog.inject(build_fault("link-cut", {"link": "a-b"}))
        watchdog.undo(state.lease)
        wait(lambda: watchdog.faults()[0].state is FaultState.HEALED, "the link is healed")
    assert probe(listen(handles), deadline_s=30).how == "answered"


@pytest.mark.parametrize("talk", [ignores_nonsense, hears, resets], ids=lambda talk: talk.__name__)
def test_a_cut_link_is_healed_by_the_watchdog_whatever_the_server_does(talk: Talk, leases: Path) -> None:
    """By what its lease says of the link."""
    with links("link-proxy", talk) as handles, WatchdogClient(handles, leases=leases) as watchdog:
        state = watchdog.inject(build_fault("link-cut", {"link": "a-b"}))
        assert state.state is FaultState.EFFECTIVE, state.evidence
        watchdog.undo(state.lease)
        wait(lambda: watchdog.faults()[0].state is FaultState.HEALED, "the link is healed")


@pytest.mark.parametrize(("primary", "followed"), [("db-a", "a-b"), ("db-b", "b-a")])
@pytest.mark.parametrize("fault", ["link-cut", "link-toxic"])
def test_where_no_link_is_named_it_is_that_which_the_primary_of_that_moment_is_copied_over(
    tmp_path: Path, fault: str, primary: str, followed: str
) -> None:
    """After a failover that is the other one; what was broken is taken back there, whoever leads by then."""
    with links("link-proxy", name=followed) as handles:
        led = handles.model_copy(update={"topology_file": _topology(tmp_path, primary)})
        broken = build_fault(fault, {})
        broken.check(led)
        target = broken.find_target(led)
        assert target.part == followed
        _topology(tmp_path, {"db-a": "db-b", "db-b": "db-a"}[primary])
        broken.inject(led, target)
        assert broken.is_effective(led, target).holds
        assert followed in broken.by_hand(target)
        broken.undo(led, target)
        assert broken.is_healed(led, target).holds


def test_without_a_link_of_replication_one_must_be_named(tmp_path: Path) -> None:
    """Nobody's link is cut by guess."""
    with links("link-proxy") as handles, pytest.raises(NoTarget, match="no link in the topology leads from the primary db-a"):
        build_fault("link-cut", {}).find_target(handles.model_copy(update={"topology_file": _topology(tmp_path, "db-a", there=False)}))


def test_replication_to_a_standby_that_is_down_is_not_cut(tmp_path: Path) -> None:
    """Nobody would feel it, and a drill would pass by that."""
    path = _topology(tmp_path, "db-a")
    told = json.loads(path.read_text())
    told["databases"][1] |= {"pid": None, "started": None}
    path.write_text(json.dumps(told))
    with (
        links("link-proxy") as handles,
        pytest.raises(NoTarget, match=r"no living database name=db-b in the topology; .*db-b \(standby, , down\)"),
    ):
        build_fault("link-cut", {}).find_target(handles.model_copy(update={"topology_file": path}))


def _topology(folder: Path, primary: str, *, there: bool = True) -> Path:
    """Two databases and the links between them, if they are there, beside one of a node's; this process is every one of them."""
    me: dict[str, JsonValue] = {"pid": os.getpid(), "started": started(os.getpid())}
    databases = [{"name": name, "role": "primary" if name == primary else "standby", **me} for name in ("db-a", "db-b")]
    ways = [("bank-a.db", "bank-a", "db"), ("a-b", "db-a", "db-b"), ("b-a", "db-b", "db-a")][: 3 if there else 1]
    named = [dict(zip(("name", "source", "target"), way, strict=True)) for way in ways]
    document = {**me, "supervisor": {"url": "http://127.0.0.1:1"}, "databases": databases, "links": named}
    path = folder / "topology.json"
    path.write_text(json.dumps(document))
    return path


def test_a_target_without_the_handle_says_so() -> None:
    """A fault names what the target's file lacks."""
    with pytest.raises(ChaosError, match="no handle 'proxy_api'"):
        build_fault("link-cut", {"link": "a-b"}).find_target(Handles())
    with pytest.raises(ChaosError, match="no handle 'topology'"):
        build_fault("primary-kill", {}).inject(Handles(), build_fault("primary-kill", {}).find_target(Handles()))


@pytest.mark.parametrize("host", ["192.0.2.1", "example.com", "10.0.0.1", "127.0.0.1.example.com", "[2001:db8::1]", "[fe80::1%lo]"])
def test_nothing_but_loopback_is_reached(host: str) -> None:
    """Neither a request nor a probe leaves the machine."""
    with pytest.raises(OutOfReach, match="loopback only"):
        call("GET", f"http://{host}:80/")
    with pytest.raises(OutOfReach, match="loopback only"):
        build_fault("link-cut", {"link": "a-b"}).is_effective(Handles(), FaultTarget(notes={"listen": f"{host}:80"}))


def test_a_request_names_its_host() -> None:
    """Where a listener is everywhere its loopback is meant; where a request is to go must be said."""
    with pytest.raises(OutOfReach, match="loopback only"):
        call("GET", "http://0.0.0.0:80/")


@pytest.mark.parametrize("listen", ["", "nonsense", "127.0.0.1:http"])
def test_a_listen_that_is_no_address_is_told(listen: str) -> None:
    """A disabled proxy keeps whatever it was given."""
    with pytest.raises(OutOfReach, match="which is no host and port"):
        probe(listen, deadline_s=1)
