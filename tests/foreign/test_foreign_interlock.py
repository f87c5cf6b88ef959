"""The interlock lets a real target pass only when every one of its conditions holds; each refusal names its reason."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from answering import JsonAnswers, answering
from hosting import SECRETS, Hosted, hosted, swallowing

from scenarios.client.http import HttpClient
from scenarios.errors import EXIT_INVALID, BadInput, Untrusted
from scenarios.plan.phases import Phase, Spike
from scenarios.plan.scenario import Pulse, Scenario
from scenarios.plugins import load_scenario, load_target
from scenarios.target.model import Target
from scenarios.wire.request_bytes import request_to
from stormdrill.rehearsal.interlock import Admission, admit, look_again

SCOPE = {f"secret.{name}": value for name, value in SECRETS.items()}


@pytest.fixture(scope="module")
def lanting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """A real service."""
    with hosted(tmp_path_factory.mktemp("lanting")) as running:
        yield running


@pytest.fixture
def smoke() -> Scenario:
    """18 arrivals per second."""
    return load_scenario("smoke")


@pytest.fixture(autouse=True)
def _operator(lanting: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMDRILL_OPERATOR", str(lanting.operator(hosts=["127.0.0.1"])))


def admitted(target: Target, scenario: Scenario) -> Admission:
    """What the interlock says."""
    return admit(target, scenario, SCOPE, "a nonce")


def test_a_target_that_proves_all_is_let_pass_with_its_addresses(lanting: Hosted, smoke: Scenario) -> None:
    """Its hosts come out pinned, and what was shown is said."""
    admission = admitted(lanting.target(), smoke)
    assert admission.pins == {"127.0.0.1": ["127.0.0.1"]}
    assert [proof.split()[0] for proof in admission.proofs] == ["echoes", "shows"]


def test_a_target_whose_first_address_swallows_all_proves_itself_at_the_second(lanting: Hosted, smoke: Scenario) -> None:
    """Within the time of an answer, though the first refuses nobody either."""
    lanting.operator(hosts=["127.0.0.0/8"])
    with swallowing() as hole:
        places = f'lanting: {{base: "http://127.0.0.2:{hole}", also_at: ["{lanting.url}"]}}'
        admission = admitted(lanting.target((f'lanting: {{base: "{lanting.url}"}}', places)), smoke)
    assert [proof.split()[0] for proof in admission.proofs] == ["echoes", "shows"]


@pytest.mark.parametrize("hosts", [[], ["127.0.0.2"], ["10.0.0.0/8", "localhost.example"]])
def test_an_address_that_is_not_listed_is_refused(lanting: Hosted, smoke: Scenario, hosts: list[str]) -> None:
    """Loopback too: it may be a tunnel."""
    lanting.operator(hosts=hosts)
    with pytest.raises(BadInput, match=r"service 'lanting' leads to 127\.0\.0\.1 .* is not allowed; list the host under 'hosts'"):
        admitted(lanting.target(), smoke)


@pytest.mark.parametrize("hosts", [["127.0.0.1"], ["127.0.0.0/8"]])
def test_a_listed_address_or_network_is_allowed(lanting: Hosted, smoke: Scenario, hosts: list[str]) -> None:
    """As the operator has written it."""
    lanting.operator(hosts=hosts)
    assert admitted(lanting.target(), smoke).pins


@pytest.mark.parametrize(
    ("before", "place"),
    [
        ("handles: {", "proxy_api: 'http://192.0.2.7:8474', "),
        ("handles: {", "ssh: 'ssh://192.0.2.7?user=drill', "),
        ("\nsecrets:", "\nhealth: {url: 'http://192.0.2.7/h', healthy: http == 200}"),
    ],
)
def test_every_address_of_the_file_is_checked(lanting: Hosted, smoke: Scenario, before: str, place: str) -> None:
    """What faults and health reach is no other matter than what customers reach."""
    with pytest.raises(BadInput, match=r"leads to 192\.0\.2\.7 "):
        admitted(lanting.target((before, f"{place}{before}" if before.startswith("\n") else f"{before}{place}")), smoke)


WORLD = {
    "gateways.gateway-a.campaign": "http://127.0.0.1:4001",
    "gateways.gateway-a.bank": "http://127.0.0.1:4002",
    "gateways.gateway-b.campaign": "http://127.0.0.1:4008",
    "gateways.gateway-b.bank": "http://127.0.0.1:4009",
    "supervisor.url": "http://127.0.0.1:4003",
    "proxy_api": "http://127.0.0.1:4004",
    "suppliers.url": "http://127.0.0.1:4006",
}
GATEWAY = {
    f"gateways.gateway-{name}.{way}": at for name in "ab" for way, at in (("socket", "/world/haproxy.sock"), ("db", "127.0.0.1:4007"))
}
DATABASE = {"topology.database.name": "bank", "topology.database.user": "bank"}
STATICS = SCOPE | {f"topology.{name}": place for name, place in (WORLD | GATEWAY).items()} | {"topology": "/world/topology.json"} | DATABASE
OWN = {*WORLD.values(), *GATEWAY.values(), "/world/topology.json", "http://192.0.2.9:80"}


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:22",
        "http://127.0.0.1:{topology.port}",
        "{topology.supervisor.url}0",
        "{topology.supervisor.url}@127.0.0.1:22",
        "http://127.0.0.1:22/{topology.supervisor.url}",
        "http://localhost:4003",
        "http://uat.bank.example",
        "http://192.0.2.9:80",
        "127.0.0.1:4003",
        "/etc/topology.json",
    ],
)
@pytest.mark.parametrize("place", ["service", "service 'bank' also", "handle", "health", "events"])
def test_a_world_leads_nowhere_but_to_itself(smoke: Scenario, lanting: Hosted, place: str, text: str) -> None:
    """Each service and handle for itself: beside it no other port of loopback passes, and nobody's listing helps."""
    lanting.operator(hosts=["127.0.0.0/8", "192.0.2.9", "localhost", "uat.bank.example"])
    whole = load_target("embedded")
    assert whole.health
    assert whole.events
    service = whole.services["bank"].model_copy(update={"base": text})
    beside = whole.services["bank"].model_copy(update={"also_at": [text]})
    changes = {
        "service": {"services": whole.services | {"bank": service}},
        "service 'bank' also": {"services": whole.services | {"bank": beside}},
        "handle": {"handles": whole.handles | {"proxy_api": text}},
        "health": {"health": whole.health.model_copy(update={"url": text})},
        "events": {"events": whole.events.model_copy(update={"url": text})},
    }
    statics = STATICS | {"topology.port": "4005"}
    with pytest.raises(BadInput, match=rf"{place}.* leads to .*, which is not listed by the topology of its own world"):
        admit(whole.model_copy(update=changes[place]), smoke, statics, "a nonce", own=OWN)


def test_what_a_world_lists_is_its_own(smoke: Scenario, lanting: Hosted) -> None:
    """Its addresses and its files; what then decides is whether it echoes the nonce, and nobody listens there."""
    lanting.operator(hosts=[])
    whole = load_target("embedded")
    socket_too = whole.model_copy(update={"handles": whole.handles | {"gateway_socket": "/world/haproxy.sock"}})
    with pytest.raises(BadInput, match=r"its proof: GET http://127\.0\.0\.1:4001/v1/proof is not reached"):
        admit(socket_too, smoke, STATICS, "a nonce", own=OWN)


def test_a_world_that_does_not_echo_the_nonce_is_refused(smoke: Scenario, lanting: Hosted) -> None:
    """Whatever answers there is another service."""
    statics = STATICS | {f"topology.{name}": lanting.url for name in WORLD}
    with pytest.raises(BadInput, match="does not echo this run's nonce"):
        admit(load_target("embedded"), smoke, statics, "a nonce", own={lanting.url, *GATEWAY.values(), "/world/topology.json"})


@pytest.mark.parametrize("handle", ["127.0.0.1:8474", "/var/run/haproxy.sock", "/tmp/topology.json"])  # noqa: S108 - nothing is written
def test_a_real_targets_handle_is_an_address(lanting: Hosted, smoke: Scenario, handle: str) -> None:
    """A file of processes to be broken is a world's alone."""
    with pytest.raises(BadInput, match=r"handle 'topology' is .*; allowed: http://host:port"):
        admitted(lanting.target(("handles: {", f"handles: {{topology: '{handle}', ")), smoke)


def test_the_socket_of_an_haproxy_of_this_machine_is_let_pass(lanting: Hosted, smoke: Scenario) -> None:
    """It is this machine's, which the operator has listed."""
    assert admitted(lanting.target(("handles: {", "handles: {haproxy: /run/haproxy/admin.sock, ")), smoke).pins
    two = "haproxy: [/run/haproxy/admin.sock, 'tcp://127.0.0.1:9001']"
    assert admitted(lanting.target(("handles: {", f"handles: {{{two}, ")), smoke).pins


def test_a_socket_of_a_machine_that_is_not_listed_is_refused(lanting: Hosted, smoke: Scenario) -> None:
    """Who may be loaded elsewhere has not said that anything may be broken here."""
    lanting.operator(hosts=["192.0.2.7"])
    text = lanting.target_text().replace(lanting.url, "http://192.0.2.7:1").replace("handles: {", "handles: {haproxy: /run/h.sock, ")
    (lanting.folder / "elsewhere.yaml").write_text(text)
    with pytest.raises(
        BadInput, match=r"handle 'haproxy' leads to /run/h\.sock, a socket of this machine, .*; list 127\.0\.0\.1 under 'hosts'"
    ):
        admitted(load_target(str(lanting.folder / "elsewhere.yaml")), smoke)


@pytest.mark.parametrize("place", ["run/haproxy.sock", "unix@/run/haproxy.sock", '"/run/\\u202ehaproxy.sock"', "127.0.0.1:9001"])
def test_what_leads_to_no_haproxy_is_told_what_does(lanting: Hosted, smoke: Scenario, place: str) -> None:
    """A path from the root, and a text that can be read."""
    with pytest.raises(BadInput, match=r"handle 'haproxy' is .*; allowed: http://host:port or .* or the path of its socket$"):
        admitted(lanting.target(("handles: {", f"handles: {{haproxy: {place}, ")), smoke)


def test_a_host_that_does_not_resolve_is_refused(lanting: Hosted, smoke: Scenario) -> None:
    """With its name."""
    with pytest.raises(BadInput, match=r"the host 'nowhere\.invalid' does not resolve"):
        admitted(lanting.target((lanting.url, "http://nowhere.invalid")), smoke)


def test_a_target_that_is_not_there_is_refused(lanting: Hosted, smoke: Scenario) -> None:
    """A listed host on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(BadInput, match=r"its mark echo: POST .* is not reached: Connection refused"):
        admitted(lanting.target((lanting.url, f"http://127.0.0.1:{port}")), smoke)


def test_more_load_than_the_operator_allows_is_refused_before_it_starts(lanting: Hosted, smoke: Scenario) -> None:
    """At its peak; the spike counts."""
    lanting.operator(hosts=["127.0.0.1"], max_rps=17)
    with pytest.raises(BadInput, match=r"sends 18 requests/s or more at its peak; .*operator\.yaml allows lanting 17/s"):
        admitted(lanting.target(), smoke)
    spiked = smoke.model_copy(
        update={
            "phases": [Phase(name="sale", lasts=60.0, arrivals=5.0, spike=Spike(to=60.0))],
            "pulse": Pulse(operations=["account.balance", "transfer.submit"], rate=10.0),
        }
    )
    lanting.operator(hosts=["127.0.0.1"], max_rps=79)
    with pytest.raises(BadInput, match="sends 80 requests/s"):
        admitted(lanting.target(), spiked)
    lanting.operator(hosts=["127.0.0.1"], max_rps=80)
    assert admitted(lanting.target(), spiked).max_rps == 80


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("mark_echo:", "x-unused:", "unknown key 'x-unused'"),
        ("echo: $.result.mark", "echo: $.result.nothing", "echoes None instead of the mark X-Channel-Mark: STORM"),
        ("running: $.result.sale == 'ON'", "running: $.result.sale == 'YES'", "is neither"),
        ("paused: $.result.sale == 'OFF'", "paused: $.result.sale in ['ON', 'OFF']", "its campaign is paused; resume it first"),
    ],
)
def test_what_is_not_proven_is_refused(lanting: Hosted, smoke: Scenario, old: str, new: str, says: str) -> None:
    """The mark, and the kill switch."""
    with pytest.raises(BadInput, match=says):
        admitted(lanting.target((old, new)), smoke)


@pytest.mark.parametrize("part", ["mark_echo", "kill_switch"])
def test_a_real_target_owes_both_proofs(lanting: Hosted, smoke: Scenario, part: str) -> None:
    """A file without one is refused."""
    with pytest.raises(BadInput, match=f"has no '{part}'"):
        admitted(lanting.target().model_copy(update={part: None}), smoke)


def test_the_kill_switch_is_pulled_only_by_consent(lanting: Hosted, smoke: Scenario) -> None:
    """Without it, it is looked at; with it, paused and resumed, and left running."""

    def pulled() -> int:
        told = {"X-Lt-Operator": SECRETS["LANTING_OPERATOR"], "X-Channel-Mark": "STORM"}
        request = request_to("POST", f"{lanting.url}/ops/query.do", told, b'{"table":"log","pageNo":1}')
        with HttpClient(lanting.target(), SCOPE, {}) as log:
            return log.send(request, 5).body.count(b"switch")

    before = pulled()
    admitted(lanting.target(), smoke)
    assert pulled() == before
    lanting.operator(hosts=["127.0.0.1"], exercise_kill_switch=True)
    admission = admitted(lanting.target(), smoke)
    said = "was paused and resumed by its kill switch, as its state tells; whether claims stop with it is tried by: stormdrill target check"
    assert admission.proofs[-1] == said
    assert pulled() == before + 2
    admitted(lanting.target(), smoke)


def test_a_kill_switch_that_does_not_work_is_refused_and_resumed(lanting: Hosted, smoke: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was pulled, and the campaign went on."""
    monkeypatch.setattr("stormdrill.rehearsal.interlock._SWITCHED_S", 0.5)
    lanting.operator(hosts=["127.0.0.1"], exercise_kill_switch=True)
    with pytest.raises(BadInput, match="does not pause the campaign within"):
        admitted(lanting.target(('{turn: "OFF"}', '{turn: "NOT"}')), smoke)


def test_a_kill_switch_whose_own_answer_is_no_is_refused(lanting: Hosted, smoke: Scenario) -> None:
    """Whatever its state says afterwards."""
    lanting.operator(hosts=["127.0.0.1"], exercise_kill_switch=True)
    with pytest.raises(
        BadInput, match=r"its kill switch's (pause|resume) answers 200, but \"\$\.head\.code == '9999'\" is expected; it says: "
    ):
        admitted(lanting.target(("running: $.result.sale", "done: $.head.code == '9999'\n  running: $.result.sale")), smoke)


class _Http2(socketserver.BaseRequestHandler):
    """Says what a server of HTTP/2 says to who does not begin with its preface: its settings, and that it goes away."""

    says = b"\0\0\0\4\0\0\0\0\0" + b"\0\0\x08\7\0\0\0\0\0" + bytes(7) + b"\1"

    def handle(self) -> None:
        """One connection."""
        self.request.sendall(self.says)
        self.request.settimeout(5)
        while self.request.recv(4096):
            pass


def test_a_service_of_http2_alone_is_refused_by_that_word(lanting: Hosted, smoke: Scenario) -> None:
    """Also one that no proof asks: before the load, in one sentence. One that says nothing in time is not known to be one."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Http2) as server, socket.create_server(("127.0.0.1", 0)) as silent:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        h2, mute = (f"http://127.0.0.1:{each[1]}" for each in (server.server_address, silent.getsockname()))
        try:
            more = lanting.target(("services:", f"services:\n  mute: {{base: '{mute}'}}"))
            assert admitted(more, smoke).pins
            more = lanting.target(("services:", f"services:\n  grpc: {{base: '{h2}'}}"))
            with pytest.raises(
                BadInput, match=r"service 'grpc': .*its answer is one of HTTP/2, which is spoken over TLS alone; say alpn: h2"
            ):
                admitted(more, smoke)
            _Http2.says = b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n"
            with pytest.raises(BadInput, match=r"service 'grpc' refuses HTTP/1\.1 \(HTTP 426\) and asks for h2c, which is not spoken here"):
                admitted(more, smoke)
        finally:
            server.shutdown()
            thread.join()


class _Parrot(JsonAnswers):
    """Says the mark, whoever asks."""

    def get(self) -> None:
        """The mark, or the switch."""
        self.say(200, {"mark": "true", "sale": "ON"})


def test_a_mark_that_is_echoed_to_everybody_proves_nothing(smoke: Scenario) -> None:
    """An answer that never changes has not looked at the request."""
    with answering(_Parrot) as base:
        plain = {
            "name": "parrot",
            "describe": "It says what it is taught.",
            "services": {"s": {"base": base}},
            "operations": {},
            "mark_echo": {"service": "s", "path": "/mark", "echo": "$.mark"},
        }
        with pytest.raises(BadInput, match="answers 'true' to a request without the mark too, so it does not show"):
            admitted(Target.model_validate(plain), smoke)


def test_a_target_that_has_gone_since_it_was_let_pass_is_its_own_fault(lanting: Hosted) -> None:
    """Looked at once more before the load: INVALID with its sentence, neither a mistake of the user's nor a fault of the program's."""
    look_again(lanting.target(), SCOPE, {})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = lanting.target((lanting.url, f"http://127.0.0.1:{listener.getsockname()[1]}"))
    with pytest.raises(Untrusted, match=r"target lanting was let pass, and has gone before the load: POST .* Connection refused") as told:
        look_again(gone, SCOPE, {})
    assert told.value.exit_code == EXIT_INVALID


def test_an_operators_file_is_checked(lanting: Hosted, smoke: Scenario) -> None:
    """A URL is no host, and a mistyped key is no consent."""
    lanting.operator(hosts=["http://bank.example"])
    with pytest.raises(BadInput, match="is no host; allowed: a name, an address, or a network"):
        admitted(lanting.target(), smoke)
    lanting.operator(hosts=["127.0.0.1"], exercise_killswitch=True)
    with pytest.raises(BadInput, match="did you mean 'exercise_kill_switch'"):
        admitted(lanting.target(), smoke)


class _Elsewhere(BaseHTTPRequestHandler):
    reached = 0

    def do_POST(self) -> None:
        """Leads elsewhere."""
        type(self).reached += 1
        self.send_response(307)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/again")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def redirecting() -> Iterator[str]:
    """A server that sends everybody on."""
    server = HTTPServer(("127.0.0.1", 0), _Elsewhere)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_redirect_is_not_followed(lanting: Hosted, smoke: Scenario, redirecting: str) -> None:
    """It is asked once, and refused as what it is."""
    _Elsewhere.reached = 0
    with pytest.raises(BadInput, match="answers 307 and would lead elsewhere; redirects are not followed"):
        admitted(lanting.target((lanting.url, redirecting)), smoke)
    assert _Elsewhere.reached == 1
