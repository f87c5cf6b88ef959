"""A real PostgreSQL, and a standby that follows it where one is wanted, of the test's own and managed by nobody."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chaos_support import wait
from loopback import free_port

from chaos.errors import OutOfReach
from chaos.handles.postgresql import Postgresql
from mock_bank.postgres.binaries import Postgres, database_user, find_postgres


@contextmanager
def running_server() -> Iterator[str]:
    """The address of one server as a target's file has it."""
    with _folder() as (binaries, folder), _first(binaries, folder) as port:
        yield _address(port)


@contextmanager
def running_pair() -> Iterator[tuple[str, str]]:
    """Addresses of both as a target's file has them, the primary's first."""
    with _folder() as (binaries, folder), _first(binaries, folder) as port:
        source = f"host=127.0.0.1 port={port} user=postgres"
        _do(binaries, folder, "pg_basebackup", "-D", "other", "-d", source, "-R", "-c", "fast", "--no-sync")
        with _running(binaries, folder, "other") as follower:
            yield _address(port), _address(follower)


@contextmanager
def _folder() -> Iterator[tuple[Postgres, Path]]:
    binaries = find_postgres(database_user())
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if binaries.user.other:
            os.chown(folder, binaries.user.uid, binaries.user.gid)
        yield binaries, folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _first(binaries: Postgres, folder: Path) -> Iterator[int]:
    _do(binaries, folder, "initdb", "-D", "one", "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync")
    with _running(binaries, folder, "one") as port:
        yield port


def _address(port: int) -> str:
    return f"postgresql://127.0.0.1:{port}/postgres?user=postgres"


def _as_owner(binaries: Postgres) -> dict[str, Any]:
    """PostgreSQL does not run as root."""
    return {"user": binaries.user.uid, "group": binaries.user.gid, "extra_groups": []} if binaries.user.other else {}


def _do(binaries: Postgres, folder: Path, program: str, *arguments: str) -> None:
    command = [binaries.program(program), *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60, **_as_owner(binaries))


@contextmanager
def _running(binaries: Postgres, folder: Path, data: str) -> Iterator[int]:
    port = free_port()
    settings = ("unix_socket_directories=", "listen_addresses=127.0.0.1", f"port={port}", "fsync=off")
    flags = [part for setting in settings for part in ("-c", setting)]

    def up() -> bool:
        with suppress(OutOfReach):
            Postgresql(_address(port)).probe()
            return True
        return False

    with (folder / f"{data}.log").open("ab") as log:
        command = [binaries.program("postgres"), "-D", data, *flags]
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **_as_owner(binaries))
    try:
        wait(up, f"PostgreSQL {data} answers")
        yield port
    finally:
        process.send_signal(3)  # at once, but its shared memory goes with it
        process.wait(30)
