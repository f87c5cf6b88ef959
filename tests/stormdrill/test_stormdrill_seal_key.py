"""The key of the seals stays with those who seal and judge."""

import json
import os
from pathlib import Path

import pytest

from scenarios.run.seals import KEY_VARIABLE
from stormdrill.rehearsal.world import start

_WORLD = """
import json, os, sys
from pathlib import Path
folder = Path(sys.argv[sys.argv.index("--dir") + 1])
folder.mkdir()
(folder / "topology.json").write_text(json.dumps(dict(os.environ)))
print(folder / "topology.json")
"""


def test_the_world_never_sees_the_key_of_the_seals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged could forge its own evidence with it; all else of the environment is the world's too."""
    (tmp_path / "showing.py").write_text(_WORLD)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv(KEY_VARIABLE, "a key")
    monkeypatch.setenv("OTHER_THING", "shown")
    world = start("showing", {}, "nonce", tmp_path / "world", lambda _: None)
    seen = json.loads((world.folder / "topology.json").read_text("utf-8"))
    assert seen["OTHER_THING"] == "shown"
    assert KEY_VARIABLE not in seen
