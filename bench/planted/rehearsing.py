"""One rehearsal of a copy of the tree with a bug in it. What came of it is kept, for the same bug in the same tree."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import orjson

from bench.planted.bug import Bug, planted

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "runs" / "planted"
_COPIED = ("scenarios", "locustfiles", "chaos", "reports", "mock_bank", "stormdrill", "pyproject.toml")
_LONGEST_S = 600


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal ended in."""

    word: str  # PASS, FAIL, INVALID, or NONE where it came to no verdict
    sentence: str
    failed: tuple[str, ...]  # findings


def rehearsed(bug: Bug) -> Rehearsed:
    """Rehearses the bug's scenario, or says what is kept of that."""
    kept = KEPT / f"{bug.name}-{_fingerprint(bug)}.json"
    if kept.is_file():
        data = orjson.loads(kept.read_bytes())
        return Rehearsed(data["word"], data["sentence"], tuple(data["failed"]))
    with tempfile.TemporaryDirectory(prefix="stormdrill-planted-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - the databases' own user must reach what lies in it
        found = _rehearse(bug, Path(folder))
    if found.word != "NONE":
        KEPT.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(orjson.dumps(asdict(found)))
    return found


def _rehearse(bug: Bug, folder: Path) -> Rehearsed:
    tree = folder / "tree"
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tree / name)
    planted(bug, tree)
    command = [
        sys.executable,
        "-m",
        "stormdrill",
        *(("drill", bug.drill) if bug.drill else ("run", bug.scenario)),
        "--out",
        str(folder / "runs"),
    ]
    own = folder / "tmp"  # whatever another rehearsal leaves there is not this one's
    own.mkdir()
    own.chmod(0o755)
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(own)}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    verdict = folder / "runs" / "latest" / "verdict.json"
    if not verdict.is_file():
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return Rehearsed("NONE", last, ())
    data = orjson.loads(verdict.read_bytes())
    failed = tuple(finding["id"] for finding in data["findings"] if finding["status"] == "FAIL")
    return Rehearsed(data["verdict"], data["sentence"], failed)


def _fingerprint(bug: Bug) -> str:
    return sha256(repr(bug).encode() + _tree_digest().encode()).hexdigest()[:12]


@cache
def _tree_digest() -> str:
    digest = sha256()
    for name in _COPIED:
        source = ROOT / name
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()
