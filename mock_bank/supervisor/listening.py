"""What all have in common who listen to parts of the world: they ask again and again, and who does not answer is asked later."""

import contextlib
from collections.abc import Mapping
from typing import Final

import aiohttp

EVERY_S: Final = 0.25
_TIMEOUT_S: Final = 2.0


def asking(headers: Mapping[str, str]) -> aiohttp.ClientSession:
    """A session for it."""
    return aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))


def unheard() -> contextlib.AbstractContextManager[None]:
    """No answer in it, or none that can be read, is nothing to whoever listens."""
    return contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError)
