"""A target's file starts no code: its world is shipped, or installed and allowed."""

from pathlib import Path

import pytest

from scenarios.errors import BadInput
from scenarios.target.model import World
from stormdrill.rehearsal.world import running_world, world_module


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `theirs`, which leaves a trace whenever it is run, with the world `rehearsal-bank` as its entry point."""
    (tmp_path / "theirs.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')\n")
    metadata = tmp_path / "theirs-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[stormdrill.worlds]\nrehearsal-bank = theirs\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("STORMDRILL_ALLOW_CODE", raising=False)
    return tmp_path


@pytest.mark.parametrize("module", ["theirs", "rehearsal-bank", "mock_bank.supervisor.main", "this"])
def test_world_that_is_refused_is_not_run_at_all(installed: Path, module: str) -> None:
    """One sentence; neither its `up` nor its `down` is executed."""
    refused = pytest.raises(BadInput, match=r"neither shipped nor installed|code of somebody else's")
    with refused, running_world(World(module=module), "n", lambda _: None):
        pytest.fail("it is up")
    assert not (installed / "trace").exists()


def test_installed_world_is_run_where_code_is_allowed(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its entry point's name, never by its module's."""
    assert installed.is_dir()
    monkeypatch.setenv("STORMDRILL_ALLOW_CODE", "1")
    assert world_module("rehearsal-bank") == "theirs"
    assert world_module("mock_bank") == "mock_bank"
    with pytest.raises(BadInput, match="neither shipped nor installed"):
        world_module("theirs")
