"""What a node does besides answering."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.service_node import ServiceNode

log = logging.getLogger("mock_bank")


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """Runs from the node's start until it is cancelled."""

    run: Callable[[ServiceNode], Coroutine[None, None, None]]


def background(run: Callable[[ServiceNode], Coroutine[None, None, None]]) -> BackgroundTask:
    """Makes a background task of a function of the node."""
    return BackgroundTask(run)


async def in_rounds(once: Callable[[], Awaitable[object]], pause_s: float, who: str) -> None:
    """One round after the other, with a pause behind each; while the database is away, `who` wait."""
    while True:
        try:
            await once()
        except DATABASE_ERRORS as error:
            log.info("%s wait: %s", who, error)
        await asyncio.sleep(pause_s)
