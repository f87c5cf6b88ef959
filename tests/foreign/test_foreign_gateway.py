"""A gateway of another style altogether is attached by a file alone: GBK, serial numbers, signatures inside, people of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hosting import Hosted, serving

from scenarios.plugins import PROJECT

TARGETS = PROJECT / "tests" / "foreign" / "scenarios" / "targets"
PORTS = (18090, 18093, 18094)
SECRETS = {"GATEWAY_KEY": "canary-key-8a0f3c", "GATEWAY_OPS": "canary-ops-77b1e2"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """The gateway, and an operator who lets its switch be pulled."""
    folder = tmp_path_factory.mktemp("gateway")
    people = folder / "gateway-people.csv"
    people.write_bytes((TARGETS / people.name).read_bytes())
    with serving(folder, SECRETS, "gateway.py", str(people)) as running:
        running.operator(hosts=["127.0.0.1", "::1"], exercise_kill_switch=True)
        yield running


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def file(gateway: Hosted, name: str, *changes: tuple[str, str]) -> str:
    """The target file at these addresses, with changes."""
    text = (TARGETS / "gateway.yaml").read_text()
    there = zip(PORTS, gateway.url.split(), strict=True)
    for old, new in (*((f"http://127.0.0.1:{port}", url) for port, url in there), *changes):
        assert old in text, old
        text = text.replace(old, new)
    path: Path = gateway.folder / f"{name}.yaml"
    path.write_text(text)
    return str(path)


def test_the_gateway_is_attached_by_its_file(gateway: Hosted) -> None:
    """Each operation is understood, the switch stops claims, and the books are read to their last page, in Beijing's time."""
    told = gateway.call("target", "check", file(gateway, "gateway"))
    assert told.returncode == 0, told.stdout + told.stderr
    for words in (
        "gateway echoes the mark X-Env-Mark: UAT-PRESS, and does not where it is missing",
        "was paused and resumed by its kill switch",
        "活动已暂停",
        "claims (effects): 2 rows in 2 pages",
        "stock (stock): 2 rows in 2 pages",
        "nothing is wrong: ",
    ):
        assert words in told.stdout, told.stdout
    for value in SECRETS.values():
        assert value not in told.stdout + told.stderr


def test_what_the_gateway_does_not_take_is_said_in_its_own_words(gateway: Hosted) -> None:
    """A serial number that is too short, a name in another character set, and pages counted from the wrong end."""
    mistaken = file(
        gateway,
        "mistaken",
        ('/api/mkt/mine\n    body: {serialNo: "{serial}"', '/api/mkt/mine\n    body: {serialNo: "{serial|last(20)}"'),
        ('custName: "{data.姓名}"', 'custName: "x{data.密码}"'),
        ("first_page: 0", "first_page: 1"),
    )
    told = gateway.call("target", "check", mistaken)
    assert told.returncode == 1, told.stdout + told.stderr
    assert "流水号重复" in told.stdout
    assert "姓名乱码" in told.stdout
    assert "rows came, but its own total at $.data.totalElements is 2" in told.stdout
