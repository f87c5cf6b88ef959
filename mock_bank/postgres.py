"""The files of a PostgreSQL server: configuration kept outside the data folder, for `pg_rewind` copies what lies inside."""

import ctypes
import ctypes.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from mock_bank.binaries import Postgres
from mock_bank.folders import write_private

SUPERUSER = "stormdrill"
MAINTENANCE = "postgres"
_IPC_RMID = 0
_SHMEM_LINE = 6  # of postmaster.pid: "key id" of the System V segment that guards the data folder

_COMMON = """
unix_socket_directories = ''
max_connections = 300
superuser_reserved_connections = 10
shared_buffers = 128MB
dynamic_shared_memory_type = mmap
wal_level = replica
wal_log_hints = on
wal_keep_size = 256MB
min_wal_size = 256MB
max_wal_size = 1GB
max_wal_senders = 10
hot_standby = on
hot_standby_feedback = on
wal_sender_timeout = 3s
wal_receiver_timeout = 3s
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 100ms
tcp_keepalives_idle = 5
tcp_keepalives_interval = 1
tcp_keepalives_count = 3
jit = off
log_min_messages = warning
log_line_prefix = '%m [%p] '
"""
_SINCE = {16: "scram_iterations = 1\n", 18: "io_method = sync\n"}  # passwords are 128 random bits, stretching them would only cost time
_HBA = "host all all 127.0.0.0/8 scram-sha-256\nhost replication all 127.0.0.0/8 scram-sha-256\n"


@dataclass(frozen=True, slots=True)
class Place:
    """One server's name, centre, address and folders."""

    name: str
    centre: str
    host: str
    port: int
    data: Path

    @property
    def conf(self) -> Path:
        """Its configuration file."""
        return self.data.with_name(f"{self.name}.conf")


@dataclass(frozen=True, slots=True)
class Login:
    """What a client needs to be let in."""

    user: str
    password: str

    def conninfo(self, host: str, port: int, **more: str) -> str:
        """A libpq connection string."""
        parts = {"host": host, "port": str(port), "user": self.user, "password": self.password, **more}
        return " ".join(f"{key}={value}" for key, value in parts.items())


def write_conf(binaries: Postgres, place: Place, *, synchronous: str = "", follow: str = "") -> None:
    """Write a server's configuration: `synchronous` names the standby that commits wait for, `follow` is a standby's way to its primary."""
    since = "".join(text for major, text in _SINCE.items() if binaries.major >= major)
    hba = place.data.with_name("hba.conf")
    own = [
        f"listen_addresses = '{place.host}'",
        f"port = {place.port}",
        f"hba_file = '{hba}'",
        f"synchronous_standby_names = '{synchronous}'",
        f"primary_conninfo = '{follow}'",
    ]
    for path, text in ((hba, _HBA), (place.conf, _COMMON + since + "\n".join(own) + "\n")):
        write_private(path, text)
        binaries.owner.give(path)


def initdb_argv(binaries: Postgres, place: Place, password_file: Path) -> list[str]:
    """The command that makes a new cluster, with checksums, which `pg_rewind` wants."""
    options = ["-E", "UTF8", "--locale=C", "-k", "-A", "scram-sha-256", "-U", SUPERUSER, "--no-instructions"]
    return [binaries.program("initdb"), "-D", str(place.data), f"--pwfile={password_file}", *options]


def server_argv(binaries: Postgres, place: Place) -> list[str]:
    """The command that is the server."""
    return [binaries.program("postgres"), "-D", str(place.data), f"--config-file={place.conf}"]


def rewind_argv(binaries: Postgres, place: Place, source: Place, login: Login) -> list[str]:
    """The command that takes back, in a stopped former primary, what its successor never had."""
    server = login.conninfo(source.host, source.port, dbname=MAINTENANCE, connect_timeout="2")
    config = f"--config-file={place.conf}"
    return [binaries.program("pg_rewind"), "-D", str(place.data), f"--source-server={server}", config]


def basebackup_argv(binaries: Postgres, place: Place, source: Place, login: Login) -> list[str]:
    """The command that copies the primary as it is."""
    server = login.conninfo(source.host, source.port, connect_timeout="2")
    return [binaries.program("pg_basebackup"), "-D", str(place.data), "-d", server, "-X", "stream", "-c", "fast"]


def clone(binaries: Postgres, source: Place, target: Place) -> None:
    """Copy a cluster that is cleanly shut down, as a standby of it."""
    shutil.copytree(source.data, target.data)
    for folder, folders, files in os.walk(target.data):
        for name in [*folders, *files]:
            binaries.owner.give(Path(folder, name))
    binaries.owner.give(target.data)
    mark_standby(binaries, target)


def mark_standby(binaries: Postgres, place: Place) -> None:
    """Make the server start as a standby."""
    signal_file = place.data / "standby.signal"
    signal_file.touch(mode=0o600)
    binaries.owner.give(signal_file)


def release_shared_memory(place: Place) -> None:
    """Remove the System V segment that SIGKILL leaves; nobody else's, for its id comes from the server's own lock file."""
    try:
        words = (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[_SHMEM_LINE].split()
        segment = int(words[1])
    except (OSError, IndexError, ValueError):
        return
    ctypes.CDLL(ctypes.util.find_library("c")).shmctl(segment, _IPC_RMID, None)
