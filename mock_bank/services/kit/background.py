"""What a node does besides answering."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from mock_bank.services.kit.service_node import ServiceNode


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """Runs from the node's start until it is cancelled."""

    run: Callable[[ServiceNode], Coroutine[None, None, None]]


def background(run: Callable[[ServiceNode], Coroutine[None, None, None]]) -> BackgroundTask:
    """Makes a background task of a function of the node."""
    return BackgroundTask(run)
