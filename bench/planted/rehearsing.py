"""One rehearsal of a copy of the tree with a bug in it. What came of it is kept, for the same bug in the same tree."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import orjson

from bench.planted.bug import Bug, planted

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "runs" / "planted"
_REHEARSES = ("scenarios", "locustfiles", "chaos", "mock_bank", "stormdrill", "pyproject.toml")
_JUDGES = ("reports",)  # what is kept of a rehearsal is only judged again, where nothing but the judge has changed
_LONGEST_S = 600


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal ended in."""

    word: str  # PASS, FAIL, INVALID, NONE where it came to no verdict, NOT RUN
    sentence: str
    failed: tuple[str, ...]  # findings
    earlier: bool = False  # the tree that rehearsed it was another than that of now


def rehearsed(bug: Bug) -> Rehearsed:
    """Rehearses the bug's scenario, or judges the run that is kept of that; it lies in `runs/planted/`, for whoever asks why."""
    kept = KEPT / f"{bug.name}-{_fingerprint(bug)}"
    said = "" if kept.is_dir() else _rehearse(bug, kept)
    if not kept.is_dir():
        return Rehearsed("NONE", said, ())
    found = _judged(kept)
    if found.word == "INVALID":
        aside = kept.with_name(f"{kept.name}.invalid")  # it proved nothing: for whoever asks why, and rehearsed again the next time
        shutil.rmtree(aside, ignore_errors=True)
        kept.rename(aside)
    return found


def kept_of(bug: Bug) -> Rehearsed:
    """What the judge of now makes of the last run that is kept of a bug, whatever has changed in the rehearsing part of the tree since."""
    runs = sorted(KEPT.glob(f"{bug.name}-{'?' * 12}"), key=lambda run: (run / "scenario.json").stat().st_mtime)
    if not runs:
        return Rehearsed("NOT RUN", "no run is kept", ())
    return replace(_judged(runs[-1]), earlier=not runs[-1].name.endswith(_fingerprint(bug)))


def _judged(kept: Path) -> Rehearsed:
    word = kept / f"word-{_digest(_JUDGES)}.json"
    if word.is_file():
        return Rehearsed(**orjson.loads(word.read_bytes()))
    (kept / "verdict.json").unlink(missing_ok=True)  # a judge that breaks says nothing, and not what another has said
    found = _found(kept / "verdict.json", _stormdrill(ROOT, os.environ, "judge", str(kept)))
    if found.word in ("PASS", "FAIL"):
        word.write_bytes(orjson.dumps(asdict(found)))
    return found


def _rehearse(bug: Bug, kept: Path) -> str:
    with planted_tree(bug) as planted_in:
        said = planted_in.stormdrill(*(("drill", bug.drill) if bug.drill else ("run", bug.plan)))
        run = planted_in.runs / "latest"
        if (run / "verdict.json").is_file():
            for older in KEPT.glob(f"{bug.name}-{'?' * 12}"):
                shutil.rmtree(older)
            shutil.copytree(run.resolve(), kept)
        return said


@dataclass(frozen=True, slots=True)
class PlantedTree:
    """A copy of the tree with a bug in it, and a place for its runs and for whatever is temporary."""

    folder: Path

    @property
    def runs(self) -> Path:
        """Where its runs lie, until its context ends."""
        return self.folder / "runs"

    def stormdrill(self, *words: str, within_s: float = _LONGEST_S) -> str:
        """Runs a command that makes runs; gives its last word on stderr."""
        tree, own = self.folder / "tree", self.folder / "tmp"
        environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(own)}
        return _stormdrill(tree, environment, *words, "--out", str(self.runs), within_s=within_s)


@contextmanager
def planted_tree(bug: Bug) -> Iterator[PlantedTree]:
    """A tree of its own for a bug; gone afterwards. Raises ValueError where the bug's file is out of date."""
    with tempfile.TemporaryDirectory(prefix="stormdrill-planted-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the databases' own user must reach what lies in it
        planted(bug, _copied(folder / "tree"))
        own = folder / "tmp"  # whatever another rehearsal leaves there is not this one's
        own.mkdir()
        own.chmod(0o755)
        yield PlantedTree(folder)


def _copied(tree: Path) -> Path:
    for name in (*_REHEARSES, *_JUDGES):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tree / name)
    return tree


def _stormdrill(tree: Path, environment: Mapping[str, str], *words: str, within_s: float = _LONGEST_S) -> str:
    """Its last word on stderr."""
    command = [sys.executable, "-m", "stormdrill", *words]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=within_s, check=False)
    return (done.stderr.strip().splitlines() or ["it said nothing"])[-1]


def _found(verdict: Path, said: str) -> Rehearsed:
    if not verdict.is_file():
        return Rehearsed("NONE", said, ())
    data = orjson.loads(verdict.read_bytes())
    failed = tuple(finding["id"] for finding in data["findings"] if finding["status"] == "FAIL")
    return Rehearsed(data["verdict"], data["sentence"], failed)


def _fingerprint(bug: Bug) -> str:
    """Of what decides how the rehearsal goes; a bug that is told in other words is the same bug."""
    own = Path(bug.plan).read_bytes() if bug.plan != bug.scenario else b""
    return sha256(repr((bug.scenario, bug.drill, bug.changes)).encode() + own + _digest(_REHEARSES).encode()).hexdigest()[:12]


@cache
def _digest(names: tuple[str, ...]) -> str:
    digest = sha256()
    for name in names:
        source = ROOT / name
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]
