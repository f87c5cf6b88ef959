"""A load process dies with whoever started it: a target must not be loaded by somebody for whom nobody waits any more."""

import logging
import os
from collections.abc import Callable

import gevent

from scenarios.run.handover import PARENT_VARIABLE

_POLL_S = 0.1

logger = logging.getLogger("stormdrill")

_IMPORTED_IN = os.getpid()
"""Locust loads its file first and forks the workers of --processes then: in those, this is the master."""


def expected_parent() -> int | None:
    """The process that this one must not outlive; None where it was started by hand, and may outlive its shell."""
    if os.getpid() != _IMPORTED_IN:
        return _IMPORTED_IN
    door = os.environ.get(PARENT_VARIABLE, "")
    return int(door) if door.isdigit() else None


def watch_parent(orphaned: Callable[[], None]) -> None:
    """Calls back once, from a greenlet, as soon as the parent is gone.

    A child whose parent dies is given another at once, so that no pid that comes again can mislead.
    """
    parent = expected_parent()
    if parent is not None:
        gevent.spawn(_watch, parent, orphaned)


def _watch(parent: int, orphaned: Callable[[], None]) -> None:
    while os.getppid() == parent:
        gevent.sleep(_POLL_S)
    logger.error("stormdrill: process %d, which had started this one, is gone: the load ends", parent)
    orphaned()
