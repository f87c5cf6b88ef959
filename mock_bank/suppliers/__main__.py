"""The suppliers' process: ``python -m mock_bank.suppliers CONFIG.json``; serves until it is told to stop."""

import asyncio
import json
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

import uvloop
from aiohttp import web

from mock_bank.suppliers.api import application
from mock_bank.suppliers.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Config:
    """What the process is told."""

    host: str
    port: int
    ledger: str  # the file
    control_token: str
    services_token: str


async def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    chance = Random()  # noqa: S311 - it decides which calls fail, nothing secret
    app = application(Ledger(Path(config.ledger)), config.control_token, config.services_token, chance)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, config.host, config.port, shutdown_timeout=0.2, backlog=1024).start()
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(Config(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
