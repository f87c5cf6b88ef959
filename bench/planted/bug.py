"""The planted bugs: one file each in `bugs/`, a few lines of the mock's source changed, and who is hurt by it."""

from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "bugs"
_SCENARIOS = Path(__file__).parent / "scenarios"
CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Change:
    """A text of a file, and what stands there instead."""

    file: str
    find: str
    put: str


@dataclass(frozen=True, slots=True)
class Bug:
    """A defect that some bank has had."""

    name: str
    kind: str  # of `docs/truth.md`
    hurts: str  # whom, and how
    scenario: str  # that must see it; or
    drill: str  # the one that must
    found_by: tuple[str, ...]  # findings of which one must fail
    changes: tuple[Change, ...]
    gap: str = ""  # why it is not found, where that is known

    @property
    def plan(self) -> str:
        """What is run: a scenario of the catalog by its name, or by its path one that is made for these bugs."""
        own = _SCENARIOS / f"{self.scenario}.yaml"
        return str(own) if own.is_file() else self.scenario

    @classmethod
    def clean(cls, scenario: str, number: int) -> "Bug":
        """No bug at all."""
        return cls(f"{CLEAN}-{scenario}-{number}", CLEAN, "nobody", scenario, "", (), ())


def read_bugs() -> list[Bug]:
    """All of them by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.yaml"))]


def _read(path: Path) -> Bug:
    data = yaml.safe_load(path.read_text("utf-8"))
    changes = tuple(Change(change["file"], change["find"].rstrip("\n"), change["put"].rstrip("\n")) for change in data["changes"])
    return Bug(
        path.stem,
        data["kind"],
        data["hurts"],
        data.get("scenario", "smoke"),
        data.get("drill", ""),
        tuple(data["found_by"]),
        changes,
        data.get("gap", ""),
    )


def planted(bug: Bug, tree: Path) -> None:
    """Changes a copy of the tree. Raises ValueError where a text does not stand there exactly once: the bug's file is out of date."""
    for change in bug.changes:
        path = tree / change.file
        text = path.read_text("utf-8")
        if text.count(change.find) != 1:
            raise ValueError(f"{bug.name}: {change.file} has its text {text.count(change.find)} times, not once: {change.find[:60]!r}")
        path.write_text(text.replace(change.find, change.put), "utf-8")
