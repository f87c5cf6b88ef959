"""Runs one service node until SIGTERM: `python -m mock_bank.services.node CONFIG.json`.

One process and no child, so that the pid in the world's topology is the pid that a fault must kill or freeze.
"""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Coroutine
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from mock_bank.services import bank, campaign_operator
from mock_bank.services.api import Operation
from mock_bank.services.beacons import Beacons
from mock_bank.services.config import NodeConfig, ServiceError, load
from mock_bank.services.database import Pool
from mock_bank.services.outbox import Courier
from mock_bank.services.picture import Camera
from mock_bank.services.server import Front

BACKLOG = 2048


def parts(config: NodeConfig, pool: Pool) -> tuple[list[Operation], list[Coroutine[None, None, None]]]:
    """A node's operations, and what it does in the background."""
    if config.service == "bank":
        return bank.operations(config, pool), []
    beacons = Beacons(pool, config.name)
    return campaign_operator.operations(config, pool, Camera(pool), beacons), [beacons.run(), Courier(config, pool).run()]


async def serve(config: NodeConfig) -> None:
    """Answer until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    pool = Pool(config.dsn, config.name)
    operations, errands = parts(config, pool)
    server = Server(
        Front(config, operations),
        address=config.host,
        port=config.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        log_enabled=False,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    pool.start()
    tasks = [loop.create_task(errand) for errand in errands]
    gc.collect()
    gc.freeze()  # what is here now stays; the collector need not look at it again
    try:
        await server.serve()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        await pool.close()


def refuse_port_in_use(config: NodeConfig) -> None:
    """The server would share a port with another node without a word; ServiceError instead."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            raise ServiceError(f"{config.name}: {config.host}:{config.port}: {error.strerror}") from error


def keep_log(config: NodeConfig) -> None:
    """Write the log to log_dir/NAME.log, bounded."""
    config.log_dir.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(config.log_dir / f"{config.name}.log", maxBytes=10_000_000, backupCount=1)
    logging.basicConfig(level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(message)s")


def main() -> int:
    """The command; 0, or 64 with one sentence on stderr."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - program and file
        sys.stderr.write("usage: python -m mock_bank.services.node CONFIG.json\n")
        return 64
    try:
        config = load(Path(sys.argv[1]))
        refuse_port_in_use(config)
    except ServiceError as error:
        sys.stderr.write(f"{error}\n")
        return 64
    keep_log(config)
    uvloop.run(serve(config))
    return 0


if __name__ == "__main__":
    sys.exit(main())
