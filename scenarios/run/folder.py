"""The run folder: the one thing that everyone shares. Its layout, its plan (`scenario.json`), and how it is opened."""

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex

import psutil
from pydantic import Field, ValidationError

from scenarios.errors import BadInput
from scenarios.plan.campaign import campaign_statics
from scenarios.plan.policy import Policy
from scenarios.plan.scenario import Scenario
from scenarios.run.events import Event, EventWriter, merge_events
from scenarios.run.facts import Facts
from scenarios.run.records import ACK, SAMPLE, Records, read_all
from scenarios.run.seals import seal
from scenarios.safe_reading import Unreadable, read_bounded, what_stands_at
from scenarios.strict import Strict
from scenarios.target.model import Target
from scenarios.target.operation_codec import operation_names

FORMAT = 2
_PLAN_MOST_BYTES = 1 << 26
_PLAN = "scenario.json"
HANDOVER = "handover"
FOLDERS = ("samples", "acks", "shown", "events", "readback", "charts", "logs", HANDOVER)
_VERSIONED = ("stormdrill", "locust", "numpy", "pandas", "uvloop", "faker")
_OUR_LINK = re.compile(r"\d{8}T\d{6}Z-[a-z0-9-]+")
LEAST_FREE_BYTES = 200_000_000


class Machine(Strict):
    """Facts of the machine a run was made on."""

    system: str
    python: str
    cores: int
    memory_mib: int


class Plan(Strict):
    """`scenario.json`: all that was decided before the first arrival. Holds no secret."""

    format: int = FORMAT
    run: str
    identity: str = Field(default="", description="of this run alone; what it records is bound to it")
    scenario: Scenario
    target: Target
    policy: Policy | None = Field(default=None, description="by which the series judges of which it is a drill")
    operations: list[str] = Field(max_length=1 << 16, description="names by the index that stands in the records")
    seed: int
    workers: int
    t0_monotonic_ns: int = Field(default=0, description="T0 on CLOCK_MONOTONIC; 0 until it is fixed")
    t0_wall: str = Field(default="", description="T0 as ISO-8601 with its zone")
    statics: dict[str, str | int | float | bool | None] = Field(default={}, description="what fills the target's placeholders; no secrets")
    pins: dict[str, list[str]] = Field(default={}, description="addresses of the target's hosts, as the interlock has checked them")
    versions: dict[str, str] = {}
    revision: str = ""
    machine: Machine | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder on disk."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def samples_folder(self) -> Path:
        """One file per load process, of SAMPLE records."""
        return self.folder / "samples"

    @property
    def acks_folder(self) -> Path:
        """One file per load process, of ACK records."""
        return self.folder / "acks"

    @property
    def shown_folder(self) -> Path:
        """One file per load process whose customers were shown something, of SHOWN records."""
        return self.folder / "shown"

    @property
    def records_folders(self) -> tuple[Path, ...]:
        """All folders of records that load processes write."""
        return self.samples_folder, self.acks_folder, self.shown_folder

    @property
    def events_folder(self) -> Path:
        """One file per writer."""
        return self.folder / "events"

    @property
    def readback_folder(self) -> Path:
        """One `<table>.jsonl` per table, and `manifest.json`."""
        return self.folder / "readback"

    def plan(self) -> Plan:
        """The plan. Raises BadInput where this is no run folder or it is of another format."""
        path = self.folder / _PLAN
        try:
            plan = Plan.model_validate_json(self._plan_bytes())
        except (ValidationError, RecursionError) as error:
            why = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else "it is nested too deeply"
            raise BadInput(f"cannot be read: {why}", path=path) from None
        if plan.format != FORMAT:
            raise BadInput(f"is of format {plan.format}; this version reads format {FORMAT}", path=path)
        return plan

    @property
    def plan_seal(self) -> str:
        """The seal of the plan as it is now. Raises BadInput."""
        return seal(self._plan_bytes())

    def _plan_bytes(self) -> bytes:
        try:
            return read_bounded(self.folder / _PLAN, _PLAN_MOST_BYTES)
        except Unreadable as error:
            if not what_stands_at(self.folder / _PLAN):
                raise BadInput(f"is no run folder: it has no {_PLAN}", path=self.folder) from None
            raise BadInput(str(error), path=self.folder / _PLAN) from None

    @property
    def identity(self) -> str:
        """The run's own, from its plan; empty where it has none."""
        return self.plan().identity if what_stands_at(self.folder / _PLAN) else ""

    def write_plan(self, plan: Plan) -> None:
        """Writes the plan, whole or not at all."""
        write_whole(self.folder / _PLAN, plan.model_dump_json(indent=2).encode())

    def samples(self) -> Records:
        """All samples, in the order of the files' names."""
        return read_all(self.samples_folder, SAMPLE)

    def acks(self) -> Records:
        """All acks, in the order of the files' names."""
        return read_all(self.acks_folder, ACK)

    def events(self) -> list[Event[Facts]]:
        """All events by time. Raises DamagedEvents."""
        return merge_events(self.events_folder, self.identity)

    def event_writer(self, writer: str, t0_monotonic_ns: int) -> EventWriter:
        """A new file of events."""
        return EventWriter(self.events_folder, writer, t0_monotonic_ns, self.identity)


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file so that a reader sees all of it or none. Raises OSError, with the file's name."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        error.filename, error.filename2 = str(path), None  # what was to be written, not what it was called until then
        raise


def create_run(scenario: Scenario, target: Target, *, seed: int, workers: int, out: Path, policy: Policy | None = None) -> tuple[Run, Plan]:
    """Makes a new run folder under `out` with its plan (T0 not fixed yet), and lets `out/latest` lead to it.

    `policy` is the one by which the series judges of which it is a drill.

    Raises:
        BadInput: the folder cannot be made, its disk is nearly full, or `out/latest` is something of the user's.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    out = out.absolute()  # processes that share the folder have working directories of their own
    try:
        out.mkdir(parents=True, exist_ok=True)
        _check_link(out / "latest")
        free = psutil.disk_usage(str(out)).free
        if free < LEAST_FREE_BYTES:
            raise BadInput(f"only {free // 1_000_000} MB are free here; a run needs {LEAST_FREE_BYTES // 1_000_000} MB", path=out)
        folder = _fresh(out, f"{stamp}-{scenario.name}")
        for name in FOLDERS:
            (folder / name).mkdir(mode=0o700)
    except OSError as error:
        raise BadInput(f"cannot make a run folder here: {error.strerror}", path=out) from None
    except ValueError:  # its name holds a NUL
        raise BadInput("cannot make a run folder here: it is no name of a folder", path=out) from None
    plan = Plan(
        run=folder.name,
        identity=token_hex(16),
        scenario=scenario,
        target=target,
        policy=policy,
        operations=operation_names(target),
        seed=seed,
        workers=workers,
        versions={name: version(name) for name in _VERSIONED} | {"python": platform.python_version()},
        revision=revision(),
        machine=Machine(
            system=platform.system(),
            python=sys.version.split()[0],
            cores=os.cpu_count() or 1,
            memory_mib=psutil.virtual_memory().total >> 20,
        ),
    )
    run = Run(folder)
    run.write_plan(plan)
    _link(out / "latest", folder.name)
    return run, plan


def discard_run(run: Run) -> None:
    """Takes away the folder of a run that never began, and lets `latest` lead to the newest run there is."""
    out, link = run.folder.parent, run.folder.parent / "latest"
    shutil.rmtree(run.folder, ignore_errors=True)
    if not link.is_symlink() or str(link.readlink()) != run.name:
        return
    others = sorted(path.parent.name for path in out.glob(f"*/{_PLAN}") if _OUR_LINK.fullmatch(path.parent.name))
    if others:
        _link(link, others[-1])
    else:
        link.unlink()


def _fresh(out: Path, name: str) -> Path:
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        folder = out / f"{name}{suffix}"
        try:
            folder.mkdir(mode=0o700)  # what customers asked and were answered is nobody else's on this machine
        except FileExistsError:
            continue
        return folder
    raise BadInput(f"has 99 runs of this second already ({name})", path=out)


def _check_link(link: Path) -> None:
    """Raises BadInput where there is anything but a link to a run beside it, which alone is ours to replace; OSError as the system does."""
    if link.is_symlink() and _OUR_LINK.fullmatch(str(link.readlink())):
        return
    if link.is_symlink() or link.exists():
        raise BadInput("is no link to a run, so it is left as it is; move it, or name another --out", path=link)


def _link(link: Path, to: str) -> None:
    part = link.with_name(f".latest.{os.getpid()}.{time.monotonic_ns()}")
    part.symlink_to(to)
    part.replace(link)


def revision() -> str:
    """The harness's git revision, empty where it is no checkout, or there is no git that would tell."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - git of the user's own path
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def fix_t0(run: Run, plan: Plan, *, lead_s: float) -> Plan:
    """Fixes T0 `lead_s` from now on both clocks and writes it into the plan, the campaign's times with it."""
    t0_ns = time.monotonic_ns() + int(lead_s * 1e9)
    wall = datetime.fromtimestamp(time.time() + lead_s).astimezone()
    statics = plan.statics | campaign_statics(plan.scenario, wall)
    fixed = plan.model_copy(update={"t0_monotonic_ns": t0_ns, "t0_wall": wall.isoformat(timespec="milliseconds"), "statics": statics})
    run.write_plan(fixed)
    return fixed


def open_run(path: Path) -> Run:
    """An existing run folder. Raises BadInput where it is none."""
    if not what_stands_at(path / _PLAN):
        raise BadInput(f"is no run folder: it has no {_PLAN}", path=path)
    return Run(path.resolve())
