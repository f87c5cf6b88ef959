"""What the service told when customers were enrolled, such as an account number: handed from the preparation to whoever speaks for them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from scenarios.errors import StormdrillError
from scenarios.run.folder import HANDOVER, Run, write_whole
from scenarios.safe_reading import Unreadable, read_bounded

_MOST_BYTES = 1 << 30  # a few values of each of millions of customers

Enrolled = Mapping[str, Sequence[object]]
"""By name: the value of each customer, in the order of their numbers."""


def write_enrolled(run: Run, told: Enrolled) -> None:
    """Writes it down, whole."""
    (run.folder / HANDOVER).mkdir(exist_ok=True)
    write_whole(_path(run), orjson.dumps(dict(told)))


def read_enrolled(run: Run) -> Enrolled:
    """What was told; nothing where nothing was extracted. Raises StormdrillError where it cannot be read."""
    path = _path(run)
    try:
        found: Enrolled = orjson.loads(read_bounded(path, _MOST_BYTES)) if os.path.lexists(path) else {}
    except (Unreadable, ValueError) as error:
        raise StormdrillError(f"{path} {error}") from None
    return found


def _path(run: Run) -> Path:
    return run.folder / HANDOVER / "enrolled"
