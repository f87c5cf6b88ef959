"""Who has come: the workers of a run that takes its load from other machines, as its master writes them down for whoever looks on."""

from pathlib import Path

from pydantic import ValidationError

from scenarios.run.folder import HANDOVER, Run, write_whole
from scenarios.safe_reading import Unreadable, read_bounded
from scenarios.strict import Strict

_FILE = "workers.json"
_MOST_BYTES = 1 << 20  # a sentence for each worker


class WorkerRoster(Strict):
    """The workers of a run, each by its writer or its host."""

    expected: int
    there: list[str] = []
    refused: list[str] = []  # a sentence each
    lost: list[str] = []

    @property
    def complete(self) -> bool:
        """Whether all that are expected are there."""
        return len(self.there) >= self.expected

    @property
    def text(self) -> str:
        """It in a few words."""
        lost = f", lost: {', '.join(self.lost)}" if self.lost else ""
        return f"{len(self.there)} of {self.expected} workers{lost}"


def roster_path(run: Run) -> Path:
    """Where a run has it."""
    return run.folder / HANDOVER / _FILE


def write_roster(run: Run, roster: WorkerRoster) -> None:
    """Writes it, whole or not at all."""
    write_whole(roster_path(run), roster.model_dump_json(indent=2).encode())


def read_roster(run: Run) -> WorkerRoster | None:
    """It, None where nobody has written one that can be read."""
    try:
        return WorkerRoster.model_validate_json(read_bounded(roster_path(run), _MOST_BYTES))
    except (Unreadable, ValidationError):
        return None
