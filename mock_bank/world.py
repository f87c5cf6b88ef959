"""Bringing a world up, down, and looking at it, from outside its daemon."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import cast

from mock_bank.errors import WorldError, WorldFaultError
from mock_bank.layout.folders import Folders, alone, check_room, layout, write_private
from mock_bank.layout.settings import Settings
from mock_bank.layout.topology import Instance
from mock_bank.network.gateway import find_haproxy
from mock_bank.postgres import configuration
from mock_bank.postgres.binaries import database_owner, find_postgres
from mock_bank.processes.identity import Identity, PidFile, end, end_for_good, working_in
from mock_bank.processes.spawning import python_environment

_DOWN_TIMEOUT_S = 15.0
_STATE_TIMEOUT_S = 3.0


def up(settings: Settings, say: Callable[[str], None]) -> Path:
    """Start a world in its own session and return the path of its topology once everything serves.

    Raises:
        WorldError: the machine or the arguments do not allow it.
        WorldFaultError: a part failed; nothing is left running, the logs are kept.
    """
    folders = _folders(Path(settings.directory))
    find_haproxy()
    find_postgres(database_owner())
    check_room(folders.data)
    try:
        folders.world.mkdir(parents=True, exist_ok=True, mode=0o711 if database_owner().other else 0o700)
    except OSError as error:
        raise WorldError(f"{folders.world} cannot be made: {error.strerror}") from error
    with alone(folders.world):
        _make_way(folders, say)
        try:
            _prepare(folders, settings)
            return _start(folders, settings, say)
        except BaseException:
            _clean(folders)
            raise


def _make_way(folders: Folders, say: Callable[[str], None]) -> None:
    """Refuse where something else lives, clean up where a world has died."""
    if supervisor := _supervisor(folders):
        raise WorldError(f"a world lives in {folders.world} (pid {supervisor.pid}); take it down first or use another --dir")
    if folders.daemon.exists():
        say("cleaning up a world that has crashed")
        _clean(folders)
    elif any(path.name != "logs" for path in folders.world.iterdir()):
        raise WorldError(f"{folders.world} holds other things; --dir must name a folder that is new, empty or a world's")


def _folders(world: Path) -> Folders:
    return layout(world, database_owner().uid)


def _prepare(folders: Folders, settings: Settings) -> None:
    try:
        folders.logs.mkdir(exist_ok=True, mode=0o700)
        for old in folders.logs.iterdir():
            old.unlink()
        write_private(folders.daemon, settings.dumps())
    except OSError as error:
        raise WorldError(f"{folders.world} cannot be used: {error.strerror}") from error


def _start(folders: Folders, settings: Settings, say: Callable[[str], None]) -> Path:
    reader, writer = os.pipe()
    argv = [sys.executable, "-m", "mock_bank.supervisor.main", str(folders.world), str(writer)]
    with (folders.logs / "supervisor.log").open("ab") as log:
        daemon = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=python_environment(),
            start_new_session=True,
            pass_fds=[writer],
        )
    os.close(writer)
    identity = Identity.of(daemon.pid) or Identity(daemon.pid, 0)
    write_private(folders.daemon, json.dumps({**asdict(settings), "daemon": asdict(identity)}))
    with os.fdopen(reader, encoding="utf-8") as lines:
        try:
            return _listen(lines, folders, say)
        except BaseException:  # Ctrl-C included: the daemon is in a session of its own and would go on
            end([identity], signal.SIGTERM, _DOWN_TIMEOUT_S)
            daemon.poll()
            raise


def _listen(lines: Iterable[str], folders: Folders, say: Callable[[str], None]) -> Path:
    """Follow what the daemon tells until it is ready."""
    for line in lines:
        told = json.loads(line)
        if "ready" in told:
            return Path(told["ready"])
        if "failed" in told:
            kind = WorldFaultError if told["code"] == WorldFaultError.exit_code else WorldError
            raise kind(f"{told['failed']}; logs in {folders.logs}")
        say(told["progress"])
    raise WorldFaultError(f"the supervisor died while starting; see {folders.logs / 'supervisor.log'}")


def down(world: Path) -> bool:
    """End a world and remove everything of it; whether there was one. Of one that had crashed the logs are kept.

    Raises:
        WorldError: another command is at work there.
        WorldFaultError: a process survives even SIGKILL.
    """
    folders = _folders(world)
    if not folders.daemon.exists():
        return False
    with alone(folders.world):
        supervisor = _supervisor(folders)
        if supervisor:
            end([supervisor], signal.SIGTERM, _DOWN_TIMEOUT_S)
        _clean(folders)
        if supervisor:
            shutil.rmtree(folders.logs, ignore_errors=True)
            with suppress(OSError):  # a folder that somebody has put something into is left
                folders.world.rmdir()
    return True


def _supervisor(folders: Folders) -> Identity | None:
    """The daemon of this folder, if it lives."""
    try:
        daemon = json.loads(folders.daemon.read_text(encoding="utf-8"))["daemon"]
        identity = Identity(int(daemon["pid"]), int(daemon["started"]))
    except (OSError, ValueError, KeyError):
        return None
    return identity if identity.alive() else None


def _clean(folders: Folders) -> None:
    """End what the pid file lists and still runs, and remove the world's files."""
    supervisor = _supervisor(folders)
    listed = PidFile(folders.pids).alive()
    end_for_good([supervisor] if supervisor else [])  # first, or it would start again what we end
    instances = (
        [Instance(path.name, "", "", 0, path) for path in folders.data.glob("db-*") if path.is_dir()] if folders.data.exists() else []
    )
    servers = [identity for instance in instances for identity in working_in(instance.data)]
    end([identity for identity in listed if identity in servers], signal.SIGQUIT, 0.5)  # gives back its shared memory
    left = end_for_good([*listed, *servers])
    if left:
        raise WorldFaultError(f"processes survive SIGKILL: {', '.join(str(identity.pid) for identity in left)}")
    for instance in instances:
        configuration.release_shared_memory(instance)
    for path in folders.contents():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    for folder in {folders.data.parent, folders.run.parent} - {folders.world}:
        with suppress(OSError):
            folder.rmdir()


def state(world: Path) -> dict[str, object]:
    """What the supervisor says of its world, with the topology under that name.

    Raises:
        WorldError: there is no living world.
    """
    folders = _folders(world)
    if not _supervisor(folders):
        crashed = folders.daemon.exists()
        raise WorldError(
            f"{'the world in' if crashed else 'there is no world in'} {folders.world}{' has crashed; down cleans up' if crashed else ''}"
        )
    try:
        topology = json.loads(folders.topology.read_text(encoding="utf-8"))
        with urllib.request.urlopen(f"{topology['supervisor']['url']}/state", timeout=_STATE_TIMEOUT_S) as answer:  # noqa: S310 - http, ours
            told = json.loads(answer.read())
    except OSError as error:
        raise WorldFaultError(f"the supervisor of {folders.world} does not answer: {error}") from error
    return cast("dict[str, object]", {**told, "topology": topology})
