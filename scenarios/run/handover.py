"""What the processes of one rehearsal tell each other: environment names on the way in, a state file on the way back.

The door starts load processes and preparations with these variables. Each of them writes down in `handover/<process>.json` that it is
ready, and that it has ended and why; the door reads that and nothing else: no log, no exit code alone. Nothing here is evidence.
"""

from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from scenarios.run.folder import HANDOVER, Run, write_whole
from scenarios.safe_reading import Unreadable, read_bounded
from scenarios.strict import Strict

RUN_VARIABLE = "STORMDRILL_RUN"
"""The folder of the run that the door has prepared."""

EXPECTED_WORKERS_VARIABLE = "STORMDRILL_EXPECTED_WORKERS"
"""How many workers from other machines a master waits for."""

PARENT_VARIABLE = "STORMDRILL_PARENT"
"""The process id of the door: a process that it has started ends where that is no longer its parent."""

WORK_VARIABLE = "STORMDRILL_WORK"
"""The private folder of a load process that works for a master on another machine."""

WAIT_VARIABLE = "STORMDRILL_WAIT"
"""Seconds that it still waits for the master: a tunnel listens before there is one."""


_MOST_BYTES = 1 << 20  # a process's word is a sentence


class ProcessStage(StrEnum):
    """How far a process has come."""

    READY = "ready"  # its crowd is built; it waits for T0
    ENDED = "ended"  # and everything is written down


class ProcessState(Strict):
    """What a process tells of itself."""

    stage: ProcessStage
    failure: str = ""  # why it could not do its work, a sentence; empty where it could
    exit_code: int = 0  # of the error's kind


def write_state(run: Run, process: str, state: ProcessState) -> None:
    """A process's word, whole; the last one counts."""
    (run.folder / HANDOVER).mkdir(exist_ok=True)
    write_whole(_path(run, process), state.model_dump_json().encode())


def read_state(run: Run, process: str) -> ProcessState | None:
    """Its last word; None where it has not said any."""
    try:
        return ProcessState.model_validate_json(read_bounded(_path(run, process), _MOST_BYTES))
    except (Unreadable, ValidationError):
        return None


def read_states(run: Run) -> dict[str, ProcessState]:
    """The last word of each process that has said any, by its name."""
    names = sorted(path.stem for path in (run.folder / HANDOVER).glob("*.json"))
    states = {name: read_state(run, name) for name in names}
    return {name: state for name, state in states.items() if state is not None}


def _path(run: Run, process: str) -> Path:
    return run.folder / HANDOVER / f"{process}.json"
