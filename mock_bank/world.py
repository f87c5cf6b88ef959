"""Bringing a world up, down, and looking at it, from outside its daemon."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import cast

from mock_bank.errors import Busy, WorldError, WorldFaultError
from mock_bank.layout.folders import Folders, alone, check_room, layout, write_private
from mock_bank.layout.homes import take_place_in_memory
from mock_bank.layout.settings import Settings, first_process
from mock_bank.network.gateway import find_haproxy
from mock_bank.patroni.runtime import find_patroni
from mock_bank.postgres.binaries import database_user, find_postgres
from mock_bank.processes.identity import Identity, PidFile, end
from mock_bank.processes.plain_files import read_plain
from mock_bank.processes.system_user import python_environment
from mock_bank.supervisor.cleanup import end_all, remove

_DOWN_TIMEOUT_S = 20.0
_STATE_TIMEOUT_S = 3.0
_OTHERS_S = 15.0
_LOOK_AGAIN_S = 0.1


def up(settings: Settings, say: Callable[[str], None]) -> Path:
    """Start a world in its own session and return the path of its topology once everything serves.

    Raises:
        WorldError: the machine or the arguments do not allow it.
        WorldFaultError: a part failed; nothing is left running, the logs are kept.
    """
    find_haproxy()
    find_postgres(database_user())
    if settings.failover == "patroni":
        find_patroni(database_user())
    take_place_in_memory(Path(os.path.realpath(settings.directory)))
    folders = _folders(Path(settings.directory))
    check_room(folders.data)
    try:
        folders.world.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise WorldError(f"{folders.world} cannot be made: {error.strerror}") from error
    with alone(folders.world):
        _make_way(folders, say)
        try:
            _prepare(folders, settings)
            return _start(folders, settings, say)
        except BaseException:
            _clean(folders, logs=False)
            raise


def _make_way(folders: Folders, say: Callable[[str], None]) -> None:
    """Refuse where something else lives, clean up where a world has died."""
    if first := first_process(folders.settings):
        raise WorldError(f"a world lives in {folders.world} (pid {first.pid}); take it down first or use another --dir")
    if folders.settings.exists():
        say("cleaning up a world that has crashed")
        _clean(folders, logs=False)
    elif any(path.name != "logs" for path in folders.world.iterdir()):
        raise WorldError(f"{folders.world} holds other things; --dir must name a folder that is new, empty or a world's")


def _folders(world: Path) -> Folders:
    return layout(world, database_user().uid)


def _prepare(folders: Folders, settings: Settings) -> None:
    try:
        folders.world.chmod(0o700)
        folders.logs.mkdir(exist_ok=True, mode=0o700)
        for old in folders.logs.iterdir():
            old.unlink()
        write_private(folders.settings, settings.dumps())
    except OSError as error:
        raise WorldError(f"{folders.world} cannot be used: {error.strerror}") from error


def _start(folders: Folders, settings: Settings, say: Callable[[str], None]) -> Path:
    reader, writer = os.pipe()
    argv = [sys.executable, "-m", "mock_bank.supervisor.init_process", str(folders.world), str(writer)]
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
    write_private(folders.settings, json.dumps({**asdict(settings), "first_process": asdict(identity)}))
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


def down(world: Path, *, patience_s: float = _OTHERS_S) -> bool:
    """End a world and remove everything of it; whether there was one. Of one that had crashed the logs are kept.

    Who else is taking it down just now, as a world does by itself whose owner is gone, is waited for.

    Raises:
        WorldError: another command is at work there all the time.
        WorldFaultError: a process survives even SIGKILL.
    """
    folders, deadline = _folders(world), time.monotonic() + patience_s
    there = found = folders.settings.exists()
    while there:
        try:
            _take_down(folders)
        except Busy:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_LOOK_AGAIN_S)
        there = folders.settings.exists()
    return found


def _take_down(folders: Folders) -> None:
    with alone(folders.world):
        first = first_process(folders.settings)
        if first:
            end([first], signal.SIGTERM, _DOWN_TIMEOUT_S)
        _clean(folders, logs=first is not None)


def _clean(folders: Folders, *, logs: bool) -> None:
    damage = PidFile(folders.pids).damage()
    end_all(folders)
    remove(folders, logs=logs)
    if damage:
        raise WorldFaultError(f"{folders.world} is removed, but its list of processes {damage}, so that some of them may still run")


def state(world: Path) -> dict[str, object]:
    """What the supervisor says of its world, with the topology under that name.

    Raises:
        WorldError: there is no living world.
    """
    import urllib.request  # noqa: PLC0415 - `up` need not wait for it

    folders = _folders(world)
    if not first_process(folders.settings):
        crashed = folders.settings.exists()
        raise WorldError(
            f"{'the world in' if crashed else 'there is no world in'} {folders.world}{' has crashed; down cleans up' if crashed else ''}"
        )
    try:
        topology = json.loads(read_plain(folders.topology))
        headers = {"Authorization": f"Bearer {topology['control_token']}"}
        request = urllib.request.Request(f"{topology['supervisor']['url']}/state", headers=headers)  # noqa: S310 - http, ours
        directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy of the environment knows nothing of our loopback
        with directly.open(request, timeout=_STATE_TIMEOUT_S) as answer:
            told = json.loads(answer.read())
    except OSError as error:
        raise WorldFaultError(f"the supervisor of {folders.world} does not answer: {error}") from error
    return cast("dict[str, object]", {**told, "topology": topology})
