"""A target's file says whom to trust and how to be known; the crowd and the control plane do alike."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvloop
from authorities import NAME, Authority, a_banks_own
from locustfiles_kit import drive, planned, scenario, serving, target

from locustfiles.engine.connector import was_cut_off
from scenarios.client.http import HttpClient, Unreachable
from scenarios.errors import BadInput
from scenarios.plan.yaml_loading import load_yaml
from scenarios.run.outcomes import Outcome
from scenarios.target.model import Target
from scenarios.target.services import Service, Tls
from scenarios.wire.request_bytes import request_to


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """It has signed a server of the bank's name, and a client."""
    return a_banks_own(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def open_door(authority: Authority) -> Iterator[str]:
    """The server's address; it lets everybody in."""
    with serving("--certificate", str(authority.folder / "server-whole.pem")) as base:
        yield base.replace("http:", "https:")


@pytest.fixture(scope="module")
def closed_door(authority: Authority) -> Iterator[str]:
    """The same of one that lets in whom the authority has signed."""
    folder = authority.folder
    with serving("--certificate", str(folder / "server-whole.pem"), "--clients", str(folder / "ca.pem")) as base:
        yield base.replace("http:", "https:")


def reached(folder: Path, base: str, tls: dict[str, object] | None, files: Path) -> tuple[bool, bool]:
    """Whether the crowd gets its answers, and whether the control plane does."""
    service = Service.model_validate({"base": base} | ({"tls": tls} if tls else {}), context={"folder": str(files)})
    to = target(base).model_copy(update={"services": {"all": service}})
    run, plan = planned(folder, to, scenario({"one-read": 1}, lasts=0.2, rate=20, drain=10.0))
    drive(run, plan)
    outcomes = set(run.samples()["outcome"].tolist())
    assert outcomes in ({Outcome.SUCCESS}, {Outcome.FAILURE})
    with HttpClient(to, {}, {}) as client:
        try:
            found = client.send(request_to("GET", f"{base}/length/zone.get", {}, None), 5).status == 200
        except Unreachable:
            found = False
    return outcomes == {Outcome.SUCCESS}, found


WAYS: dict[str, tuple[dict[str, object] | None, bool]] = {
    "by nobody's word": (None, False),
    "by its authority, but under another name": ({"ca": "ca.pem"}, False),
    "by its authority, under its name": ({"ca": "ca.pem", "server_name": NAME}, True),
    "by another's word": ({"ca": "client.pem", "server_name": NAME}, False),
    "whoever it is": ({"verify": False}, True),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_service_is_known_by_what_the_file_says(tmp_path: Path, authority: Authority, open_door: str, way: str) -> None:
    """By the crowd and by the control plane, neither more nor less than the other."""
    tls, known = WAYS[way]
    assert reached(tmp_path, open_door, tls, authority.folder) == (known, known)


def test_who_takes_both_is_spoken_to_in_http1(authority: Authority) -> None:
    """By OpenSSL's own server, which knows HTTP/1 alone and would choose HTTP/2 if it were offered."""
    command = [
        "openssl",
        "s_server",
        "-accept",
        "127.0.0.1:0",
        "-cert",
        "server.pem",
        "-key",
        "server-key.pem",
        "-www",
        "-alpn",
        "h2,http/1.1",
    ]
    with subprocess.Popen(command, cwd=authority.folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            base = f"https://{next(line for line in process.stdout if line.startswith('ACCEPT')).split()[1]}"
            whoever = target(base).model_copy(update={"services": {"all": Service(base=base, tls=Tls(verify=False))}})
            with HttpClient(whoever, {}, {}) as client:
                assert client.send(request_to("GET", f"{base}/", {}, None), 10).status == 200
        finally:
            process.kill()


@pytest.mark.parametrize("own", [None, "client", "server-whole"])
def test_a_service_that_asks_who_comes_is_shown_a_certificate(
    tmp_path: Path, authority: Authority, closed_door: str, own: str | None
) -> None:
    """With its key in a file of its own, or in the same."""
    tls: dict[str, object] = {"ca": "ca.pem", "server_name": NAME}
    if own:
        tls |= {"cert": f"{own}.pem"} | ({"key": f"{own}-key.pem"} if own == "client" else {})
    assert reached(tmp_path, closed_door, tls, authority.folder) == (own is not None, own is not None)


def test_the_systems_own_store_is_read_by_both(
    tmp_path: Path, authority: Authority, open_door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where SSL_CERT_FILE names it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.folder / "ca.pem"))
    assert reached(tmp_path, open_door, {"server_name": NAME}, authority.folder) == (True, True)


@pytest.mark.parametrize(
    ("tls", "line", "says"),
    [
        ("{ca: nothing.pem}", 4, "there is no file "),
        ("{ca: client-key.pem}", 4, "client-key.pem holds no authorities in PEM"),
        ("{cert: client.pem}", 4, "the certificate "),
        ("{cert: client.pem, key: server-key.pem}", 4, "cannot be used: KEY_VALUES_MISMATCH"),
        ("{key: client-key.pem}", 4, "a key is of no use without its certificate; add cert"),
        ("{ca: ca.pem, verify: false}", 4, "allowed: one of them"),
        ("{server_name: 'a b'}", 4, "'a b' is no host; allowed: a name or an address"),
        ("{verify: maybe}", 4, "services.bank.tls.verify: "),
        ("{alpn: h3}", 4, "services.bank.tls.alpn: "),
        ("{alpn: [h2]}", 4, "services.bank.tls.alpn: "),
        ("{alpn: 2}", 4, "services.bank.tls.alpn: "),
        ("{chain: ca.pem}", 4, "unknown key 'services.bank.tls.chain'; allowed here: alpn, ca, cert, key, server_name, verify"),
        ("{cert: locked.pem}", 4, "the key has a passphrase; give one without"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(authority: Authority, tls: str, line: int, says: str) -> None:
    """When the file is read."""
    folder, file = authority.folder, authority.folder / "bank.yaml"
    command = ["openssl", "ec", "-in", "client-key.pem", "-aes128", "-passout", "pass:secret", "-out", "locked-key.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    (folder / "locked.pem").write_bytes((folder / "client.pem").read_bytes() + (folder / "locked-key.pem").read_bytes())
    text = f"name: bank\ndescribe: d\nservices:\n  bank: {{base: 'https://127.0.0.1:1', tls: {tls}}}\noperations: {{}}\n"
    file.write_text(text)
    with pytest.raises(BadInput) as refused:
        load_yaml(file, Target)
    assert str(refused.value).startswith(f"{file}:{line}: ")
    assert says in str(refused.value)
    file.write_text(text.replace("https", "http").replace(tls, "{verify: false}"))
    with pytest.raises(BadInput, match="tls is for a base that begins with https"):
        load_yaml(file, Target)


def test_what_the_event_loop_says_of_a_closed_connection_is_known(open_door: str) -> None:
    """In its own words, which have no name: a handshake that is given up as it ends brings them, and is no fault of the engine's."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", urlsplit(open_door).port)
        transport.abort()

        async def written_until_it_is_gone() -> None:
            async with asyncio.timeout(20):
                while True:
                    transport.write(b"x")
                    await asyncio.sleep(0)

        with pytest.raises(RuntimeError) as said:
            await written_until_it_is_gone()
        assert was_cut_off(said.value)
        assert not was_cut_off(RuntimeError("anything else"))

    uvloop.run(work())
