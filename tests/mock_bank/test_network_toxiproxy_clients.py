"""Toxiproxy's ordinary clients, as they come from their registries, against the link proxy: with the world's token and without one."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from toxiproxy_lab import SERVERS, Toxiproxy, serving

NODE = Path(__file__).parent / "node"
TOKEN = "a-token-of-the-world"  # noqa: S105 - of this test's own link proxy
KINDS = ["link-proxy with a token", *SERVERS]


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toxiproxy]:
    """Each of them; the first one says 401 to whoever does not show the token."""
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text(TOKEN)
    kind, _, guarded = request.param.partition(" with ")
    with serving(kind, *([str(token)] if guarded else [])) as proxy:
        proxy.guarded = bool(guarded)
        yield proxy


@pytest.mark.parametrize("scheme", ["bearer", "password", "password in the address"])
def test_the_token_is_shown_as_a_bearer_or_as_a_password(server: Toxiproxy, scheme: str) -> None:
    """Of any user; a wrong one is none."""
    if not server.guarded:
        assert requests.get(f"{server.url}/version", timeout=5).status_code == 200
        return
    url = f"{server.url}/proxies"
    for token, status in ((TOKEN, 200), ("wrong", 401), ("", 401), (f"{TOKEN}x", 401)):
        if scheme == "bearer":
            answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=5)
        elif scheme == "password":
            answer = requests.get(url, auth=("anybody", token), timeout=5)
        else:
            answer = requests.get(url.replace("://", f"://anybody:{token}@"), timeout=5)
        assert answer.status_code == status


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!", "Basic é", "Digest x", "Bearer", f"Basic {TOKEN}", f"bearer  {TOKEN}"])
def test_what_shows_no_token_is_refused(server: Toxiproxy, header: str) -> None:
    """Whatever it is."""
    answer = requests.get(f"{server.url}/proxies", headers={"Authorization": header.encode()}, timeout=5)
    assert answer.status_code == (401 if server.guarded else 200)


@pytest.fixture
def netrc(server: Toxiproxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token where clients on top of requests look for a password."""
    if server.guarded:
        file = tmp_path / "netrc"
        file.write_text(f"machine 127.0.0.1 login stormdrill password {TOKEN}\n")
        monkeypatch.setenv("NETRC", str(file))


@pytest.mark.usefixtures("netrc")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_python_client_works(server: Toxiproxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """toxiproxy-python: proxies, toxics, its context that takes a link down, and its exceptions."""
    from toxiproxy import Toxiproxy as Client  # noqa: PLC0415 - imports of its own that warn
    from toxiproxy.api import APIConsumer  # noqa: PLC0415
    from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists  # noqa: PLC0415

    monkeypatch.setattr(APIConsumer, "host", "127.0.0.1")
    monkeypatch.setattr(APIConsumer, "port", urlsplit(server.url).port)
    client = Client()
    assert client.running()
    assert json.loads(client.version())["version"].startswith("2.")
    assert client.reset()
    link = client.create(name="link", upstream="localhost:9")
    with pytest.raises(ProxyExists):
        client.create(name="link", upstream="localhost:9")
    link.add_toxic(type="latency", attributes={"latency": 100})
    assert link.get_toxic("latency_downstream").attributes == {"latency": 100, "jitter": 0}
    with pytest.raises(InvalidToxic):
        link.add_toxic(type="gremlin")
    with pytest.raises(NotFound):
        link.destroy_toxic("gremlin")
    assert link.destroy_toxic("latency_downstream")
    with link.down():
        assert not client.get_proxy("link").enabled
    assert client.get_proxy("link").enabled
    (other,) = client.populate([{"name": "other", "upstream": "localhost:9", "listen": "127.0.0.1:0"}])
    assert set(client.proxies()) == {"link", other.name}
    client.destroy_all()
    assert client.proxies() == {}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_chaos_toolkits_driver_works(server: Toxiproxy) -> None:
    """chaostoolkit-toxiproxy, in an experiment of its own: every action, its rollback, and the steady state before and after."""
    from chaoslib.experiment import run_experiment  # noqa: PLC0415 - imports of its own that warn

    def does(module: str, name: str, **arguments: object) -> dict[str, object]:
        kind = "probe" if module.endswith("probes") else "action"
        return {"type": kind, "name": name, "provider": {"type": "python", "module": module, "func": name, "arguments": arguments}}

    proxies, toxics, probes = "chaostoxi.proxy.actions", "chaostoxi.toxic.actions", "chaostoxi.proxy.probes"
    link = {"for_proxy": "link", "toxic_name": "t"}
    gone = does(toxics, "delete_toxic", **link)
    url = server.url.replace("://", f"://chaos:{TOKEN}@") if server.guarded else server.url
    experiment = {
        "title": "t",
        "description": "d",
        "configuration": {"toxiproxy_url": url},
        "method": [
            does(proxies, "create_proxy", proxy_name="link", upstream_host="localhost", upstream_port=9),
            does(probes, "proxy_exist", proxy_name="link"),
            does(toxics, "create_latency_toxic", **link, latency=100),
            gone,
            does(toxics, "create_bandwith_degradation_toxic", **link, rate=1),
            gone,
            does(toxics, "create_slow_connection_close_toxic", **link, delay=1),
            gone,
            does(toxics, "create_timeout_toxic", **link, timeout=0),
            gone,
            does(toxics, "create_slicer_toxic", **link, average_size=10, size_variation=1, delay=1),
            gone,
            does(toxics, "create_limiter_toxic", **link, bytes_limit=10),
            gone,
            does(toxics, "create_toxic", **link, toxic_type="reset_peer"),
            does(proxies, "disable_proxy", proxy_name="link"),
            does(probes, "get_proxy_attribute", proxy_name="link", attribute="enabled"),
            does(proxies, "enable_proxy", proxy_name="link"),
            does(proxies, "modify_proxy", proxy_name="link", upstream_address="localhost:10"),
            does(proxies, "reset"),
            does(probes, "get_proxy_attribute", proxy_name="link", attribute="toxics"),
        ],
        "rollbacks": [does(proxies, "delete_proxy", proxy_name="link")],
    }
    journal = run_experiment(experiment)
    assert journal["status"] == "completed"
    outcomes = {(step["activity"]["name"], step["status"]): step.get("output") for step in [*journal["run"], *journal["rollbacks"]]}
    assert {status for _, status in outcomes} == {"succeeded"}
    outputs = [step["output"] for step in journal["run"]]
    assert outputs == [True] * 16 + [False, True, True, True, []]


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not here: install it (Debian: apt-get install nodejs npm)")
def test_the_node_client_works(server: Toxiproxy) -> None:
    """toxiproxy-node-client: every method it has."""
    if not (NODE / "node_modules").is_dir():
        pytest.skip("the Node client is not here: make .venv/.clients installs it")
    command = ["node", str(NODE / "drive.cjs"), server.url, *([TOKEN] if server.guarded else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen.pop("version").startswith("2.")
    assert seen.pop("listen").startswith("127.0.0.1:")
    toxic = {"name": "slicer_upstream", "type": "slicer", "stream": "upstream", "toxicity": 0.5}
    assert seen == {
        "again": "Request failed with status code 409",
        "toxic": {**toxic, "attributes": {"average_size": 7, "size_variation": 0, "delay": 0}},
        "changed": {"average_size": 7, "size_variation": 0, "delay": 9},
        "disabled": False,
        "reset": True,
        "gone": "Request failed with status code 404",
        "populated": ["other"],
        "all": ["link", "other"],
        "left": ["other"],
    }
