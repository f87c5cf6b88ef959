"""Which breakers of a node are not closed, kept in a file for the process that comes after this one."""

import contextlib
import json
from pathlib import Path


class BreakerMemory:
    """What the process before knew. A file that cannot be read or written is no reason to stop: nothing is remembered then."""

    def __init__(self, path: Path | None) -> None:
        """None: nothing is remembered."""
        self._path = path
        self.found = frozenset(_names(path))
        self._now = set(self.found)

    def keep(self, dependency: str, *, closed: bool) -> None:
        """A breaker has changed. A process that is killed while this is written leaves the state before, whole."""
        before = set(self._now)
        (self._now.discard if closed else self._now.add)(dependency)
        if self._path is None or self._now == before:
            return
        with contextlib.suppress(OSError):
            beside = self._path.with_suffix(".new")
            beside.write_text(json.dumps(sorted(self._now)), "utf-8")
            beside.replace(self._path)


def _names(path: Path | None) -> list[str]:
    with contextlib.suppress(OSError, ValueError):
        told = json.loads(path.read_bytes()) if path else []
        return [str(name) for name in told] if isinstance(told, list) else []
    return []
