"""What a node does besides answering."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Final

from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.service_node import ServiceNode

AGAIN_S: Final = 0.5

log = logging.getLogger("mock_bank")


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """Runs from the node's start until it is cancelled."""

    run: Callable[[ServiceNode], Coroutine[None, None, None]]


def background(run: Callable[[ServiceNode], Coroutine[None, None, None]]) -> BackgroundTask:
    """Makes a background task of a function of the node."""
    return BackgroundTask(run)


async def in_rounds(once: Callable[[], Awaitable[object]], pause_s: float, who: str) -> None:
    """One round after the other until cancelled, whatever a round raises, with a pause behind each.

    While the database is away, `who` wait.
    """
    while True:
        try:
            await once()
        except DATABASE_ERRORS as error:
            log.info("%s wait: %s", who, error)
        except Exception:
            log.exception("%s go on after what nobody expected", who)
        await asyncio.sleep(pause_s)


async def kept_going(task: BackgroundTask, node: ServiceNode) -> None:
    """Runs a task, and again after whatever it raises: nobody would miss it, and what it does must be done."""
    while True:
        try:
            return await task.run(node)
        except Exception:
            log.exception("%s begins again after what nobody expected", task.run.__module__)
        await asyncio.sleep(AGAIN_S)
