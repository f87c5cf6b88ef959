"""The executives: whoever is told that the campaign is paused takes it up soon, by the way that the notice gives."""

import asyncio
import contextlib
import ipaddress
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from mock_bank.suppliers.dials import DialError

SOON_S: Final = 0.2
_PATIENCE_S: Final = 2.0


class Executives:
    """Their hands."""

    def __init__(self) -> None:
        """Idle."""
        self._under_way: set[asyncio.Task[None]] = set()

    def take_up(self, way: object) -> None:
        """Acknowledge soon, beside everything else; who does not answer then is not asked again. A notice that gives no way is just read.

        Raises:
            DialError: the way leads out of this machine, or is none.
        """
        if way is None:
            return
        url, notice = (way.get("url"), way.get("notice")) if isinstance(way, dict) else (None, None)
        if not isinstance(url, str) or not isinstance(notice, str) or not _is_near(url):
            raise DialError("acknowledge must have a url on this machine and a notice")
        task = asyncio.get_running_loop().create_task(self._acknowledge(url, notice))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    @staticmethod
    async def _acknowledge(url: str, notice: str) -> None:
        await asyncio.sleep(SOON_S)
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE_S)) as http,
                http.post(url, json={"notice": notice}, allow_redirects=False),
            ):
                pass


def _is_near(url: str) -> bool:
    try:
        return urlsplit(url).scheme == "http" and ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False
