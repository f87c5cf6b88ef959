"""Tasks that must not end: whatever ends one is told, and it is begun again, ever more seldom."""

import asyncio
from collections.abc import Awaitable, Callable

from mock_bank.events import Events

_AFTER_S, _LONGEST_AFTER_S = 0.1, 10.0
_HEALTHY_AFTER_S = 30.0


async def kept_running(name: str, run: Callable[[], Awaitable[None]], events: Events) -> None:
    """Run it until this task is cancelled; a return, any exception, and a cancellation meant for something else begin it again."""
    loop, after_s = asyncio.get_running_loop(), _AFTER_S
    while True:
        began_s = loop.time()
        try:
            await run()
            reason = "it returned"
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            reason = "it was cancelled by something of its own"
        except Exception as error:  # noqa: BLE001 - what must not end does not choose what may end it
            reason = repr(error)
        events.add("task-died", task=name, reason=reason)
        after_s = _AFTER_S if loop.time() - began_s >= _HEALTHY_AFTER_S else min(after_s * 2, _LONGEST_AFTER_S)
        await asyncio.sleep(after_s)
