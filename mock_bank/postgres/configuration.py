"""The files of a PostgreSQL server: configuration kept outside the data folder, for `pg_rewind` copies what lies inside."""

import ctypes
import ctypes.util
import sys
from dataclasses import dataclass
from pathlib import Path

from mock_bank.layout.folders import write_private
from mock_bank.layout.topology import Instance
from mock_bank.postgres.binaries import Postgres
from mock_bank.processes.identity import Identity
from mock_bank.processes.system_user import SystemUser

SUPERUSER = "stormdrill"
MAINTENANCE = "postgres"
PASSFILE = "passfile"  # beside the data: an argument is readable for everybody on the machine
_IPC_RMID = 0
_STATE_LINE = 7  # of postmaster.pid: "starting", "ready", "standby" or "stopping"
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
_SINCE = {
    14: "recovery_init_sync_method = syncfs\n" if sys.platform == "linux" else "",  # else file by file, for seconds
    16: "scram_iterations = 1\n",  # passwords are 128 random bits, stretching them would only cost time
    18: "io_method = sync\n",
}
HBA = "host all all 127.0.0.0/8 scram-sha-256\nhost replication all 127.0.0.0/8 scram-sha-256\n"


@dataclass(frozen=True, slots=True)
class Login:
    """A user and the password."""

    user: str
    password: str


def conninfo(login: Login, host: str, port: int, passfile: Path, **more: str) -> str:
    """A libpq connection string, which takes the password from the file."""
    parts = {"host": host, "port": str(port), "user": login.user, "passfile": str(passfile), "connect_timeout": "2", **more}
    return " ".join(f"{key}='{_escaped(value)}'" for key, value in parts.items())


def _escaped(value: str) -> str:
    """As libpq wants it between quotes."""
    return value.replace("\\", r"\\").replace("'", r"\'")


def _setting(name: str, value: object) -> str:
    """A line of a configuration file, in which a quote is doubled."""
    text = str(value).replace("\\", r"\\").replace("'", "''")
    return f"{name} = '{text}'"


def write_passfile(data: Path, login: Login, owner: SystemUser) -> None:
    """Write the file that connection strings name; a colon or a backslash would have to be escaped, and there is none."""
    write_private(data / PASSFILE, f"*:*:*:{login.user}:{login.password}\n", owner=owner)


def write_conf(binaries: Postgres, instance: Instance, *, synchronous: str = "", follow: str = "") -> None:
    """Write a server's configuration: `synchronous` names the standby that commits wait for, `follow` is a standby's way to its primary."""
    since = "".join(text for major, text in _SINCE.items() if binaries.major >= major)
    hba = instance.data.with_name("hba.conf")
    own = [
        _setting("listen_addresses", instance.host),
        _setting("port", instance.port),
        _setting("hba_file", hba),
        _setting("synchronous_standby_names", synchronous),
        _setting("primary_conninfo", follow),
    ]
    for path, text in ((hba, HBA), (instance.conf, _COMMON + since + "\n".join(own) + "\n")):
        write_private(path, text, owner=binaries.user)


def parameters(major: int) -> dict[str, str]:
    """The settings that every server has, whoever writes its configuration."""
    lines = (_COMMON + "".join(text for since, text in _SINCE.items() if major >= since)).strip().splitlines()
    return {name: value.strip("'") for name, value in (line.split(" = ", 1) for line in lines)}


def initdb_argv(binaries: Postgres, data: Path, password_file: Path) -> list[str]:
    """The command that makes a new cluster, with checksums, which `pg_rewind` wants."""
    options = ["-E", "UTF8", "--locale=C", "-k", "-A", "scram-sha-256", "-U", SUPERUSER, "--no-instructions"]
    return [binaries.program("initdb"), "-D", str(data), f"--pwfile={password_file}", *options]


def server_argv(binaries: Postgres, instance: Instance) -> list[str]:
    """The command that is the server."""
    return [binaries.program("postgres"), "-D", str(instance.data), f"--config-file={instance.conf}"]


def rewind_argv(binaries: Postgres, instance: Instance, source: Instance, login: Login, passfile: Path) -> list[str]:
    """The command that takes back, in a stopped former primary, what its successor never had."""
    server = conninfo(login, source.host, source.port, passfile, dbname=MAINTENANCE)
    config = f"--config-file={instance.conf}"
    return [binaries.program("pg_rewind"), "-D", str(instance.data), f"--source-server={server}", config, "--no-sync"]  # its start does


def basebackup_argv(binaries: Postgres, instance: Instance, source: Instance, login: Login, passfile: Path) -> list[str]:
    """The command that copies the primary as it is."""
    server = conninfo(login, source.host, source.port, passfile)
    return [binaries.program("pg_basebackup"), "-D", str(instance.data), "-d", server, "-X", "stream", "-c", "fast"]


def mark_standby(binaries: Postgres, instance: Instance) -> None:
    """Make the server start as a standby."""
    signal_file = instance.data / "standby.signal"
    signal_file.touch(mode=0o600)
    binaries.user.give(signal_file)


def release_shared_memory(data: Path) -> None:
    """Remove the System V segment that SIGKILL leaves; nobody else's, for its id comes from the server's own lock file."""
    try:
        words = _lock_file(data)[_SHMEM_LINE].split()
        segment = int(words[1])
    except (OSError, IndexError, ValueError):
        return
    ctypes.CDLL(ctypes.util.find_library("c")).shmctl(segment, _IPC_RMID, None)


def shuts_down(data: Path, pid: int) -> bool:
    """Whether the server with that pid has been told to shut down. It lets nobody new in, and ends when the last one has gone, or never."""
    try:
        lines = _lock_file(data)
        return int(lines[0]) == pid and lines[_STATE_LINE].strip() == "stopping"
    except (OSError, IndexError, ValueError):
        return False


def running(data: Path) -> Identity | None:
    """The server that holds this data folder, whoever started it; None where there is none."""
    try:
        identity = Identity.of(int(_lock_file(data)[0]))
        return identity if identity and Path(f"/proc/{identity.pid}/cwd").readlink() == data else None
    except (OSError, IndexError, ValueError):
        return None


def _lock_file(data: Path) -> list[str]:
    return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
