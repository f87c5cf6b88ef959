"""The kill table: which process is ended by which signal at which stage of a rehearsal, and what must hold of each cell."""

import json
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from rehearsing import DRILLED, Lab, processes

BRIEF: dict[str, Any] = DRILLED | {
    "describe": "As short as a drill can be.",
    "phases": [{"name": "sale", "lasts": "23 s", "arrivals": "6/s"}],
    "drills": [{"drill": "primary-kill", "at": "16 s", "deadline": "4 s", "window": "2 s"}],
    "drain": "2 s",
}

STAGES = ("validation", "world start", "enrolling", "waiting", "load", "fault live", "read-back", "healing", "judging")
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

_WORDS = {
    "load": "campaign.py",
    "watchdog": "chaos.watchdog.process",
    "supervisor": "mock_bank.supervisor.main",
    "gateway": "haproxy",
    "link proxy": "mock_bank.network.linkproxy",
    "database": "bin/postgres",
    "node": "mock_bank.services.node",
}
"""A word of each process's command line."""

_THERE = {
    "door": STAGES,
    "load": ("enrolling", "waiting", "load", "fault live"),
    "watchdog": ("waiting", "load", "fault live", "read-back", "healing"),
} | dict.fromkeys(("supervisor", "gateway", "link proxy", "database", "node"), STAGES[2:8])
"""At which stages each process is there for certain."""

_SAMPLE = (("door", "HUP", "world start"), ("load", "KILL", "load"), ("watchdog", "KILL", "healing"))


@dataclass(frozen=True)
class Cell:
    """One way to end something."""

    process: str
    number: signal.Signals
    stage: str

    def __str__(self) -> str:
        """Its name in the table."""
        return f"{self.process} {self.number.name.removeprefix('SIG')} at {self.stage}"

    @property
    def may_pass(self) -> bool:
        """Whether a PASS can be true: where a part of the world was hit, which the target may survive; or nothing was ended at all."""
        if self.process in ("supervisor", "gateway", "link proxy", "database", "node"):
            return True
        if self.process == "watchdog":
            return self.number in (signal.SIGINT, signal.SIGHUP)  # it is deaf to both
        told_late = self.number != signal.SIGKILL and self.stage in ("read-back", "healing")  # the load is over: it goes on to the verdict
        return self.process == "door" and (self.stage == "judging" or told_late)


def cells() -> Iterator[Cell]:
    """The whole table: every process at every stage by one signal first, by the others after."""
    places = [(process, stage) for process, stages in _THERE.items() for stage in stages]
    for turn in range(len(_SIGNALS)):
        for at, (process, stage) in enumerate(places):
            yield Cell(process, _SIGNALS[(at + turn) % len(_SIGNALS)], stage)


def untried(journal: Path) -> list[Cell]:
    """Cells of which the journal has no line that says that they held."""
    lines = journal.read_text().splitlines() if journal.exists() else []
    held = {line["cell"] for line in map(json.loads, lines) if line["held"]}
    return [cell for cell in cells() if str(cell) not in held]


@dataclass
class Tried:
    """How a cell went, one line of the journal."""

    cell: str
    exit: int | None = None
    left: tuple[str, ...] = ()  # what `heal` found
    seconds: float = 0
    held: bool = False

    def note(self, journal: Path) -> None:
        """Written whole, whoever else writes: one append."""
        with journal.open("a") as lines:
            lines.write(json.dumps(asdict(self)) + "\n")


def sample() -> list[Cell]:
    """A few of them, each of another kind; the door's end in mid-fault is looked at closer in test_rehearsals_deaths.py."""
    return [cell for cell in cells() if (cell.process, cell.number.name.removeprefix("SIG"), cell.stage) in _SAMPLE]


_TOLD = {"world start": "starting gateway", "enrolling": "enrolling", "judging": "judging"}
_HAPPENED = {
    "waiting": "watchdog.started",
    "load": "run.phase",
    "fault live": "fault.effective",
    "read-back": "run.drained",
    "healing": "fault.undoing",
}


def reached(lab: Lab, door: int, stage: str, told: str) -> bool:
    """Whether a rehearsal has come to a stage, by what it has told on stderr so far, or by the events in its folder."""
    if stage == STAGES[0]:
        return _ends_in_order(door)
    if stage in _TOLD:
        return _TOLD[stage] in told
    return lab.latest.is_dir() and bool(lab.events(_HAPPENED[stage]))


def _ends_in_order(door: int) -> bool:
    """Whether the program has begun: an interpreter that still starts has no handler of SIGTERM."""
    status = Path(f"/proc/{door}/status")
    if not status.exists():
        return True
    caught = next((line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def victim(lab: Lab, door: int, process: str) -> psutil.Process | None:
    """The process of that part, the eldest where there are several."""
    if process == "door":
        return psutil.Process(door)
    found = processes(lab, _WORDS[process])
    return min(found, key=lambda one: one.create_time(), default=None)
