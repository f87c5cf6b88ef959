"""The link proxy's process: ``python -m mock_bank.network.linkproxy HOST:PORT`` serves Toxiproxy's API there until it is told to stop."""

import asyncio
import signal
import sys

import uvloop
from aiohttp import web

from mock_bank.network.linkproxy.api import Api
from mock_bank.network.linkproxy.proxy import Address


async def serve(address: Address) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(Api().application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address.host, address.port, shutdown_timeout=0.5).start()
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(Address.parse(sys.argv[1])))
