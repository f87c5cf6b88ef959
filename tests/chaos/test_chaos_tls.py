"""Health, events and the admin interface are spoken to by TLS as the file says it of the service at their address."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from answering import JsonAnswers, answering
from authorities import NAME, a_banks_own

from chaos.errors import OutOfReach
from chaos.handles.switch import SwitchState
from chaos.system_events import SystemCopier
from chaos.target_handles import Handles
from scenarios.plan.yaml_loading import load_yaml
from scenarios.run.events import EventWriter
from scenarios.target.model import Target

TARGET = """
name: bank
describe: Whatever is asked, by one authority.
services:
  shop: {{base: "https://127.0.0.1:1"}}
  ops: {{base: "{base}/v1"{tls}}}
operations: {{}}
health: {{url: "{base}/health", healthy: $.state == 'whole', writers: $.writers}}
events: {{url: "{base}/events?since={{since}}", rows: $.told, kinds: {{down: detected}}}}
handles: {{http_admin: "{base}"}}
admin:
  outage:
    state: {{path: /switch}}
    whole: $.state == 'whole'
    broken: $.state == 'broken'
    inject: {{method: POST, path: /switch}}
    undo: {{method: POST, path: /switch}}
"""


class Ops(JsonAnswers):
    """Tells all of it at once."""

    def get(self) -> None:
        """Whatever is asked."""
        self.say(200, {"state": "whole", "writers": 1, "told": [{"kind": "down", "monotonic_ns": 1, "seq": 1}]})


@pytest.fixture(scope="module")
def ops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The server's address, and the folder with its authority."""
    authority = a_banks_own(tmp_path_factory.mktemp("ops"))
    with answering(Ops, authority.folder / "server-whole.pem") as base:
        yield base, authority.folder


def loaded(ops: tuple[str, Path], tls: str) -> tuple[Target, Handles]:
    """A target, and its handles as a lease brings them back."""
    base, folder = ops
    file = folder / "bank.yaml"
    file.write_text(TARGET.format(base=base, tls=tls))
    target = load_yaml(file, Target)
    return target, Handles.model_validate_json(Handles.of(target, {}).model_dump_json())


def copied(target: Target, handles: Handles, folder: Path) -> str:
    """What the system has told, as it stands in the run."""
    folder.mkdir()
    assert target.events
    SystemCopier(target.events, {}, handles, EventWriter(folder, "system", 0)).close()
    return (folder / "system.jsonl").read_text()


def test_all_three_are_known_by_the_private_authority(ops: tuple[str, Path], tmp_path: Path) -> None:
    """Under its name, at an address; after the way through a lease too."""
    target, handles = loaded(ops, f", tls: {{ca: ca.pem, server_name: {NAME}}}")
    assert handles.probe_health().holds, handles.probe_health().evidence
    claims = handles.claims()
    assert claims
    assert claims.writers == 1
    handles.http_admin().probe()
    assert handles.http_admin().state("outage") is SwitchState.WHOLE
    assert "detected" in copied(target, handles, tmp_path / "events")


@pytest.mark.parametrize("tls", ["", ", tls: {ca: ca.pem}", f", tls: {{ca: client.pem, server_name: {NAME}}}"])
def test_who_is_not_known_is_not_believed(ops: tuple[str, Path], tmp_path: Path, tls: str) -> None:
    """Without the authority's word, under another name, by another's word: nothing is told, and the reason is said."""
    target, handles = loaded(ops, tls)
    seen = handles.probe_health()
    assert not seen.holds
    assert not seen.answered
    assert "its certificate is not accepted" in seen.evidence
    assert handles.claims() is None
    with pytest.raises(OutOfReach, match="its certificate is not accepted"):
        handles.http_admin().state("outage")
    assert "detected" not in copied(target, handles, tmp_path / "events")
