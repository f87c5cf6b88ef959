"""Rehearses a flash sale on pretix, twice: as it is, and with its lock taken out. `make example-pretix` calls it.

pretix (AGPL) is a program of its own in an environment of its own, `.tools/pretix/venv`. It is spoken to through its API and its command
line; nothing here imports it. Its PostgreSQL is the package that Stormdrill's own world uses. All is on loopback, and ends with it.
"""

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import psutil

from mock_bank.errors import WorldError
from mock_bank.layout.homes import private_home, reachable
from mock_bank.postgres.binaries import Postgres, database_user, find_postgres

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
TOOLS = PROJECT / ".tools" / "pretix"
PORT = 18345  # as in pretix.yaml
WORKERS, THREADS = 4, 6  # 24 claims may be under way at once: what the lock is for
OVERSELL = "no-oversell"
TARGET, SCENARIO = (f"docs/examples/pretix/{name}.yaml" for name in ("pretix", "flash-sale"))
_PIDFILE = TOOLS / "gunicorn.pid"
_WORDS = {0: "PASS", 1: "FAIL", 2: "INVALID"}

DOWNLOAD_S, MIGRATE_S, START_S, STOP_S = 900, 900, 120, 30

UNLOCKED = """
CREATE SCHEMA unlocked;
CREATE FUNCTION unlocked.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION unlocked.pg_advisory_xact_lock_shared(bigint) RETURNS void LANGUAGE sql AS '';
ALTER DATABASE sale SET search_path = unlocked, pg_catalog, public;
"""
"""pretix locks a quota by an advisory lock of PostgreSQL's. Here its name leads to a function that locks nothing."""


class ExampleError(Exception):
    """The example cannot be played; says why in one sentence."""


def say(text: str) -> None:
    """A line for whoever waits."""
    sys.stderr.write(f"pretix: {text}\n")


def done(argv: list[str], what: str, timeout_s: float, **options: object) -> None:
    """Runs a command to its end; its words are shown where it fails."""
    try:
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, check=False, **options)  # type: ignore[call-overload]
    except subprocess.TimeoutExpired as error:
        raise ExampleError(f"{what} has not ended after {timeout_s:.0f} s") from error
    if ended.returncode:
        raise ExampleError(f"{what} failed: {(ended.stderr or ended.stdout).strip()[-2000:]}")


def install(uv: str) -> Path:
    """Pretix's own environment, from the locked list; gives its folder of programs."""
    wanted = hashlib.sha256((HERE / "requirements.txt").read_bytes() + sys.version.encode()).hexdigest()
    stamp, venv = TOOLS / "installed", TOOLS / "venv"
    if not (stamp.exists() and stamp.read_text() == wanted):
        say(f"installing into {venv}")
        bounded = os.environ | {"UV_HTTP_TIMEOUT": "60"}
        done([uv, "venv", "--clear", "--python", sys.executable, str(venv)], "making its environment", 60, env=bounded)
        pip = [uv, "pip", "sync", "--python", str(venv / "bin" / "python"), "--require-hashes", str(HERE / "requirements.txt")]
        done(pip, "installing pretix", DOWNLOAD_S, env=bounded)
        stamp.write_text(wanted)
    return venv / "bin"


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Database:
    """A running PostgreSQL of the example's own."""

    postgres: Postgres
    port: int
    password: str

    def sql(self, text: str, database: str = "postgres") -> None:
        """Says it, and must not be refused."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "pretix", "-d", database]
        argv = [self.postgres.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *where]
        done([*argv, *(part for line in text.strip().split(";\n") for part in ("-c", line))], "psql", 60, env=self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """With the password, for PostgreSQL's programs."""
        return os.environ | {"PGPASSWORD": self.password}

    def answers(self) -> bool:
        """Whether it lets anybody in."""
        with contextlib.suppress(ExampleError):
            self.sql("SELECT 1")
            return True
        return False


@contextlib.contextmanager
def started(argv: list[str], log: Path, stop: int, **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    """A process with its words in `log`, told to stop by that signal when it is no longer needed."""
    with log.open("ab") as words:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=words, stderr=words, **options)  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.send_signal(stop)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(ready: "subprocess.Popen[bytes]", answers: Callable[[], bool], what: str, log: Path) -> None:
    """Waits for a process to answer."""
    deadline = time.monotonic() + START_S
    while not answers():
        if ready.poll() is not None or time.monotonic() > deadline:
            raise ExampleError(f"{what} does not start; {log} says why")
        time.sleep(0.05)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Have the example's folder and port to oneself; what a call that was killed has left is ended."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ExampleError("another call of the example is at work") from error
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            left = psutil.Process(int(_PIDFILE.read_text()))
            if str(TOOLS / "venv" / "bin" / "gunicorn") in left.cmdline():
                left.send_signal(signal.SIGQUIT)
                left.wait(STOP_S)
        _wait_for_port()
        yield


def _wait_for_port() -> None:
    """Until nobody listens there any more: processes of a call that was killed take a moment to leave."""
    deadline = time.monotonic() + STOP_S
    while True:
        try:
            socket.create_server(("127.0.0.1", PORT)).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise ExampleError(f"port {PORT} of this machine, which pretix.yaml names, is in use by something else") from error
            time.sleep(0.2)
        else:
            return


@contextlib.contextmanager
def database() -> Iterator[Database]:
    """PostgreSQL, running; its data are kept where the user it runs as can reach them."""
    postgres = find_postgres(database_user())
    owner = postgres.user
    at_home = reachable(TOOLS, owner.uid)
    folder = (TOOLS if at_home else private_home()) / f"pretix-cluster-{postgres.major}"
    drop: dict[str, object] = {"user": owner.uid, "group": owner.gid, "extra_groups": []} if owner.other else {}
    data, pwfile, log = folder / "data", folder / "password", TOOLS / "postgres.log"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        pwfile.touch(0o600)
        pwfile.write_text(secrets.token_hex(16))
        owner.give(folder)
        owner.give(pwfile)
        argv = ["-D", str(data), "-U", "pretix", "-E", "UTF8", "--locale=C", "-A", "scram-sha-256", f"--pwfile={pwfile}"]
        done([postgres.program("initdb"), *argv], "initdb", START_S, cwd="/", **drop)
        (folder / "made").touch()
    if (data / "postmaster.pid").exists():  # of a call that was killed
        stop = [postgres.program("pg_ctl"), "stop", "-D", str(data), "-m", "fast"]
        subprocess.run(stop, capture_output=True, check=False, cwd="/", **drop)  # type: ignore[call-overload]
    port = free_port()
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "max_connections": 40}
    argv = [postgres.program("postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in settings.items())]
    with started(argv, log, signal.SIGINT, cwd="/", **drop) as process:
        running = Database(postgres, port, pwfile.read_text())
        until(process, running.answers, "PostgreSQL", log)
        yield running


@contextlib.contextmanager
def _made_of(name: str, *parts: bytes) -> Iterator[bool]:
    """Whether what has this name was made of other parts than these; if nothing goes wrong, it is then made of these."""
    wanted, stamp = hashlib.sha256(b"\0".join(parts)).hexdigest(), TOOLS / name
    stale = not stamp.exists() or stamp.read_text() != wanted
    yield stale
    if stale:
        stamp.write_text(wanted)


@dataclass(frozen=True)
class Pretix:
    """An installed pretix and what it is told."""

    programs: Path
    database: Database
    tokens: dict[str, str]

    def environment(self, name: str) -> dict[str, str]:
        """Of a pretix that works in this database."""
        kept = TOOLS / "data"
        kept.mkdir(exist_ok=True)
        settings = {
            "DATABASE_BACKEND": "postgresql",
            "DATABASE_HOST": "127.0.0.1",
            "DATABASE_PORT": str(self.database.port),
            "DATABASE_NAME": name,
            "DATABASE_USER": "pretix",
            "DATABASE_PASSWORD": self.database.password,
            "PRETIX_DATADIR": str(kept),
            "PRETIX_URL": f"http://127.0.0.1:{PORT}",
            "PRETIX_ECB_RATES": "off",
        }
        own = {f"PRETIX_{key}": value for key, value in settings.items()} | self.tokens
        return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | own

    def run(self, name: str, *command: str) -> None:
        """A command of pretix's own, in this database."""
        argv = [str(self.programs / "python"), "-m", "pretix", *command]
        done(argv, f"pretix {command[0]}", MIGRATE_S, env=self.environment(name), cwd=TOOLS)

    def furnish(self) -> None:
        """The database from which each rehearsal's is copied: tables, organizer, teams, event, prizes. Made once."""
        lists = (HERE / "requirements.txt").read_bytes()
        with _made_of("tables", lists) as stale:
            if stale:
                say("making its tables, which takes a minute or two the first time")
                self.database.sql("DROP DATABASE IF EXISTS tables WITH (FORCE);\nCREATE DATABASE tables")
                self.run("tables", "migrate", "--noinput")
        with _made_of("fresh", lists, (HERE / "furnish.py").read_bytes()) as stale:
            if stale:
                self.database.sql("DROP DATABASE IF EXISTS fresh WITH (FORCE);\nCREATE DATABASE fresh TEMPLATE tables")
                self.run("fresh", "shell", "-c", (HERE / "furnish.py").read_text())

    @contextlib.contextmanager
    def selling(self, *, locked: bool) -> Iterator[None]:
        """pretix, served by several processes, with a database that nobody has used."""
        self.database.sql("DROP DATABASE IF EXISTS sale WITH (FORCE);\nCREATE DATABASE sale TEMPLATE fresh")
        if not locked:
            self.database.sql(UNLOCKED, "sale")
        log = TOOLS / "gunicorn.log"
        settings = {"bind": f"127.0.0.1:{PORT}", "workers": WORKERS, "threads": THREADS, "keep-alive": 75}
        options = [f"--{name}={value}" for name, value in settings.items()]
        served = ["served", f"--pythonpath={HERE}", "--preload", "--no-control-socket", "--pid", str(_PIDFILE)]
        argv = ["nice", str(self.programs / "gunicorn"), *served, *options]  # the crowd comes first
        with started(argv, log, signal.SIGQUIT, env=self.environment("sale"), cwd=TOOLS) as process:
            until(process, self._answers, "pretix", log)
            yield

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
            connection.request("GET", "/api/v1/version", headers={"Authorization": f"Token {self.tokens['PRETIX_OPERATORS']}"})
            return connection.getresponse().status == HTTPStatus.OK
        return False


def tokens() -> dict[str, str]:
    """The API tokens of both teams, kept as long as what is furnished with them."""
    kept = TOOLS / "tokens.json"
    if not kept.exists():
        kept.touch(0o600)
        kept.write_text(json.dumps({name: secrets.token_hex(32) for name in ("PRETIX_FRONT", "PRETIX_OPERATORS")}))
    return dict(json.loads(kept.read_text()))


def stormdrill(own: dict[str, str], *arguments: str) -> int:
    """A command of Stormdrill's, as the walk-through has it; its exit code."""
    say(f"stormdrill {' '.join(arguments)}")
    environment = os.environ | own | {"STORMDRILL_OPERATOR": str(HERE / "operator.yaml")}
    return subprocess.run([sys.executable, "-m", "stormdrill", *arguments], env=environment, cwd=PROJECT, check=False).returncode


def rehearsed(own: dict[str, str], *, expected: int) -> str:
    """Runs the flash sale; gives the verdict's word with what it stands on. Raises ExampleError where it is another than expected."""
    code = stormdrill(own, "run", SCENARIO, "--target", TARGET)
    if code not in _WORDS:
        raise ExampleError(f"the rehearsal could not be made (exit code {code})")
    verdict = json.loads((PROJECT / "runs" / "latest" / "verdict.json").read_text())
    broken = [finding["id"] for finding in verdict["findings"] if finding["status"] == "FAIL"]
    told = f"{_WORDS[code]} ({', '.join(broken)})" if broken else _WORDS[code]
    if code != expected or (OVERSELL in broken) != (expected == 1):
        raise ExampleError(f"{told}, where {_WORDS[expected]} was to be expected{f' by {OVERSELL}' if expected else ''}")
    return told


def main(uv: str) -> None:
    """Both rehearsals, whose words are printed."""
    with alone():
        programs, own = install(uv), tokens()
        with database() as running:
            told = both(Pretix(programs, running, own))
    sys.stdout.write("".join(f"pretix {how}: {word}\n" for how, word in told.items()))


def both(pretix: Pretix) -> dict[str, str]:
    """The check and the two rehearsals, each on a pretix that nobody has used; gives their words."""
    pretix.furnish()
    with pretix.selling(locked=True):
        if stormdrill(pretix.tokens, "target", "check", TARGET, "--scenario", SCENARIO):
            raise ExampleError("stormdrill target check found what is to be mended")
    words = {}
    for how, locked, expected in (("as it is", True, 0), ("with its lock taken out", False, 1)):
        with pretix.selling(locked=locked):
            words[how] = rehearsed(pretix.tokens, expected=expected)
    return words


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(sys.argv[1])
    except (ExampleError, WorldError) as error:
        sys.exit(f"pretix: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
