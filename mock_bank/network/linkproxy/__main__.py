"""The link proxy's process: ``python -m mock_bank.network.linkproxy HOST:PORT [TOKEN_FILE]``.

Serves Toxiproxy's API there until it is told to stop; with a file, to those who show the token that it holds.
"""

import asyncio
import signal
import sys
from pathlib import Path

import uvloop
from aiohttp import web

from mock_bank.network.linkproxy.address import Address
from mock_bank.network.linkproxy.api import Api


async def serve(address: Address, token: str | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(Api().application(token), access_log=None, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, address.host, address.port, shutdown_timeout=0.5).start()
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(Address.parse(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8") if len(sys.argv) > 2 else None))  # noqa: PLR2004
