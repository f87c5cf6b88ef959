"""Ways to reach what is not on this machine: each with something real that can be broken, and what is really the matter with it."""

import getpass
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from answering import JsonAnswers, answering
from chaos_haproxy import running_haproxy
from chaos_support import wait
from loopback import free_port

from chaos.handles.haproxy import Haproxy
from scenarios.plan.operator_file import OPERATOR_VARIABLE
from scenarios.plugins import PROJECT
from scenarios.target.model import Target

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SSH_KEYGEN = shutil.which("ssh-keygen")
KUBECTL = shutil.which("kubectl")

SERVER_GONE = '''"""A server goes."""
from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.server_out import ServerOut

class ServerGone(Drill):
    """It is taken out."""
    facts = DrillFacts(domain="node", hypothesis="h", blast_radius="b", access=("haproxy",))
    server: str = "a"
    def steps(self):
        return (FaultStep(ServerOut(backend="shop", server=self.server), lasts_s=1.0),)
'''

Settings = dict[str, str | float | bool]


@dataclass(frozen=True)
class Reached:
    """Something that can be broken, a drill that breaks it, and how it really stands."""

    target: Target
    drill: str
    whole: Callable[[], bool]  # asked past the handle
    settings: Settings
    wrong: tuple[Settings, str]  # what is not there, and how that is said
    unsaid: str = "\0"  # what no lease may hold


def target(**says: object) -> Target:
    """A target with a service that nobody asks."""
    tree = {"name": "far", "describe": "d", "services": {"s": {"base": "http://127.0.0.1:1"}}}
    return Target.model_validate(tree | {"operations": {"balance": {"service": "s", "path": "/"}}} | says)


class Admin(JsonAnswers):
    """An admin interface with one thing that can be broken."""

    state: dict[str, str]

    def get(self) -> None:
        """How it stands."""
        self.say(200, self.state)

    def post(self) -> None:
        """Breaks or mends it."""
        self.state["core"] = str(self.read_json()["turn"])
        self.say(200, {})


@contextmanager
def admin(_folder: Path) -> Iterator[Reached]:
    """By HTTP."""
    state = {"core": "IN"}
    turn = {turn: {"method": "POST", "path": "/core", "body": {"turn": turn}} for turn in ("IN", "OUT")}
    mapped = {"state": {"path": "/core"}, "whole": "$.core == 'IN'", "broken": "$.core == 'OUT'", "inject": turn["OUT"], "undo": turn["IN"]}
    with answering(Admin, state=state) as url:
        far = target(handles={"http_admin": url}, admin={"outage": mapped})
        wrong = ({"switch": "else"}, "the target maps no admin switch 'else'; there are: outage")
        yield Reached(far, "admin-outage", lambda: state["core"] == "IN", {}, wrong)


class Cluster(JsonAnswers):
    """The API of a cluster with one deployment, whose controller takes a moment."""

    scaled: dict[str, int]

    def get(self) -> None:
        """The version, or the deployment; each look lets its controller get on."""
        wanted, has = self.scaled["wanted"], self.scaled["has"]
        if self.path == "/version":
            self.say(200, {"major": "1", "minor": "32", "gitVersion": "v1.32.4"})
        elif self.path != "/apis/apps/v1/namespaces/shop/deployments/campaign":
            self.say(404, {"kind": "Status", "code": 404})
        else:
            self.scaled["has"] += (wanted > has) - (wanted < has)
            status = {"observedGeneration": self.scaled["generation"], "replicas": has} | ({"readyReplicas": has} if has else {})
            self.say(200, {"metadata": {"generation": self.scaled["generation"]}, "spec": {"replicas": wanted}, "status": status})

    def patch(self) -> None:
        """Scales it, as the real one does."""
        assert self.headers["Content-Type"] == "application/merge-patch+json"
        assert self.path == "/apis/apps/v1/namespaces/shop/deployments/campaign/scale"
        spec = self.read_json()["spec"]
        assert isinstance(spec, dict)
        self.scaled["wanted"] = int(spec["replicas"])
        self.scaled["generation"] += 1
        self.say(200, {"kind": "Scale", "apiVersion": "autoscaling/v1"})


def of_kubernetes(url: str, scaled: dict[str, int]) -> Reached:
    """The deployment behind an address."""
    settings: Settings = {"deployment": "campaign", "namespace": "shop"}
    wrong = ({"deployment": "campaigns", "namespace": "shop"}, "there is no deployment shop/campaigns")
    return Reached(target(handles={"kubectl": url}), "deployment-loss", lambda: scaled["wanted"] == 2, settings, wrong)


@contextmanager
def kubernetes(_folder: Path) -> Iterator[Reached]:
    """By Kubernetes' API, as `kubectl proxy` hands it on."""
    scaled = {"wanted": 2, "has": 2, "generation": 1}
    with answering(Cluster, scaled=scaled) as url:
        yield of_kubernetes(url, scaled)


@contextmanager
def kubectl(folder: Path) -> Iterator[Reached]:
    """The same, through a real `kubectl proxy` that allows no more than that deployment."""
    if not KUBECTL:
        pytest.skip("no kubectl on the path: install it to have a real `kubectl proxy` tested too")
    scaled = {"wanted": 2, "has": 2, "generation": 1}
    with answering(Cluster, scaled=scaled) as url:
        entry = f"clusters: [{{name: c, cluster: {{server: '{url}'}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: ''}}}}]\n"
        (folder / "config").write_text(f"apiVersion: v1\nkind: Config\n{entry}current-context: c\n")
        allowed = "--accept-paths=^/version$,^/apis/apps/v1/namespaces/shop/deployments/"
        command = [KUBECTL, "proxy", "--port=0", f"--kubeconfig={folder / 'config'}", allowed]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield of_kubernetes(f"http://{process.stdout.readline().split()[-1]}", scaled)
            finally:
                process.kill()


@contextmanager
def ssh(folder: Path) -> Iterator[Reached]:
    """By ssh: a real sshd with a key made for it; the operator's file alone has the commands."""
    if not (SSHD and SSH_KEYGEN):
        pytest.skip("no sshd: install openssh-server and openssh-client to have ssh tested")
    for key in ("host", "user"):
        subprocess.run([SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    port, core, user = free_port(), folder / "core", getpass.getuser()
    core.write_text("up\n")
    says = ["ListenAddress 127.0.0.1", f"Port {port}", f"HostKey {folder / 'host'}", f"AuthorizedKeysFile {folder / 'user.pub'}"]
    says += ["PidFile none", "UsePAM no", "StrictModes no", "PasswordAuthentication no", "KbdInteractiveAuthentication no"]
    (folder / "sshd").write_text("\n".join(says))
    (folder / "known hosts").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    switch = {"state": f"cat {core}", "whole": "up", "broken": "down", "inject": f"echo down > {core}", "undo": f"echo up > {core}"}
    rules = {"identity": str(folder / "user"), "known_hosts": str(folder / "known hosts"), "switches": {"outage": switch}}
    operator = Path(os.environ[OPERATOR_VARIABLE])
    operator.write_text(str({"ssh": rules}))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # as its service would
    log = folder / "sshd.log"
    with log.open("wb") as said, subprocess.Popen([SSHD, "-D", "-e", "-f", str(folder / "sshd")], stderr=said) as process:
        try:
            wait(lambda: listens(port), "sshd listens")
            refused = _refused(folder, port, user, log)
            if refused:
                pytest.skip(f"sshd lets nobody in as {user}, so ssh is not tested: {refused}; run the tests as a user who may log in")
            wrong = ({"switch": "else"}, f"{operator} allows no ssh switch 'else'; it allows: outage")
            far = target(handles={"ssh": f"ssh://127.0.0.1:{port}?user={user}"})
            yield Reached(far, "ssh-outage", lambda: core.read_text() == "up\n", {}, wrong, unsaid="echo")
        finally:
            process.kill()


def _refused(folder: Path, port: int, user: str, log: Path) -> str:
    """Why this account may not log in at all, as its administrator has it; empty where it may."""
    known, key = f"UserKnownHostsFile='{folder / 'known hosts'}'", str(folder / "user")
    command = ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", known, "-o", "IdentitiesOnly=yes", "-i", key, "-p", str(port)]
    done = subprocess.run([*command, f"{user}@127.0.0.1", "true"], capture_output=True, check=False, timeout=60)
    told = [line for line in log.read_text(errors="replace").splitlines() if "not allowed because" in line or "not available" in line]
    return told[0] if done.returncode and told else ""


def listens(port: int) -> bool:
    """Whether somebody does."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def link() -> Iterator[tuple[str, Callable[[], bool]]]:
    """A link of a link proxy: the API's address, and whether the link is open."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mock_bank.network.linkproxy", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) as process:
        try:
            wait(lambda: listens(port), "the link proxy listens")
            made = requests.post(f"{url}/proxies", json={"name": "link", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}, timeout=5)
            assert made.ok
            yield url, lambda: requests.get(f"{url}/proxies/link", timeout=5).json()["enabled"] is True
        finally:
            process.kill()


@contextmanager
def toxiproxy(_folder: Path) -> Iterator[Reached]:
    """By Toxiproxy's API."""
    with link() as (url, is_open):
        wrong: tuple[Settings, str] = {"link": "else"}, "there is no link 'else'; there are: link"
        yield Reached(target(handles={"proxy_api": url}), "link-loss", is_open, {"link": "link"}, wrong)


@contextmanager
def haproxy(folder: Path) -> Iterator[Reached]:
    """By HAProxy's runtime API, in a drill of a user's own."""
    path = folder / "own" / "chaos" / "drills" / "server_gone.py"
    path.parent.mkdir(parents=True)
    path.write_text(SERVER_GONE)
    (folder / "other").mkdir()
    with running_haproxy(folder, by_port=True) as address, running_haproxy(folder / "other", by_port=True) as other:
        wrong: Settings = {"server": "z"}
        far = target(handles={"haproxy": [address, other]})
        yield Reached(
            far,
            "server-gone",
            lambda: not any(Haproxy(gateway).server("shop", "a").ordered for gateway in (address, other)),
            {},
            (wrong, "no server shop/z; there are: a, b"),
        )


@contextmanager
def toolkit(_folder: Path) -> Iterator[Reached]:
    """By Chaos Toolkit: its own driver for Toxiproxy."""
    named = {"proxy_name": "link"}
    mapped = {
        "state": {"call": "chaostoxi.proxy.probes.get_proxy_attribute", "arguments": named | {"attribute": "enabled"}},
        "whole": True,
        "broken": False,
        "inject": {"call": "chaostoxi.proxy.actions.disable_proxy", "arguments": named},
        "undo": {"call": "chaostoxi.proxy.actions.enable_proxy", "arguments": named},
    }
    wrong = ({"switch": "else"}, "the target maps no toolkit switch 'else'; there are: outage")
    with link() as (url, is_open):
        far = target(toolkit={"configuration": {"toxiproxy_url": url}, "switches": {"outage": mapped}})
        yield Reached(far, "toolkit-outage", is_open, {}, wrong)


WAYS: list[Callable[[Path], AbstractContextManager[Reached]]] = [toxiproxy, haproxy, admin, kubernetes, kubectl, ssh, toolkit]
