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
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from mock_bank.services.kit.answers import AnswerObserver
from mock_bank.services.kit.background import BackgroundTask, kept_going
from mock_bank.services.kit.config import NodeConfig, load
from mock_bank.services.kit.errors import ServiceError
from mock_bank.services.kit.features import find
from mock_bank.services.kit.operation import Operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.serving.assembly import operations
from mock_bank.services.serving.connection_pool import ConnectionPool
from mock_bank.services.serving.http_app import HttpApp
from mock_bank.services.serving.warm_up import WarmUp

BACKLOG: Final = 2048
ENDS: Final = (signal.SIGTERM, signal.SIGINT)


async def serve(config: NodeConfig, does: tuple[Operation, ...]) -> None:
    """Answer until SIGTERM or SIGINT; not before the connections are warm, so that no customer is the first."""
    loop = asyncio.get_running_loop()
    pool = ConnectionPool(config.dsn, {"application_name": config.name} | {f"mock.{name}": "on" for name in config.on})
    node = ServiceNode(config, pool)
    app = HttpApp(node, does, find(config.service, AnswerObserver))
    server = _server(config, app)
    stopped = asyncio.Event()
    for number in ENDS:
        loop.add_signal_handler(number, stopped.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
    pool.start(WarmUp(node, app, does))
    tasks = [loop.create_task(kept_going(task, node)) for task in find(config.service, BackgroundTask)]
    try:
        await _first(stopped.wait(), pool.warmed(config.warm_within_s))
        gc.collect()
        gc.freeze()  # what is here now stays; the collector need not look at it again
        for number in ENDS:
            loop.add_signal_handler(number, server.stop)
        if not stopped.is_set():
            await server.serve()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await pool.close()


def _server(config: NodeConfig, app: HttpApp) -> Server:
    return Server(
        app,
        address=config.host,
        port=config.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        log_enabled=False,
    )


async def _first(*waits: Coroutine[None, None, object]) -> None:
    """Until one of them is over."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


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
        does = operations(config.service)
    except ServiceError as error:
        sys.stderr.write(f"{error}\n")
        return 64
    for number in ENDS:
        signal.signal(number, lambda *_: sys.exit(0))  # until there is a loop, there is nothing to end
    keep_log(config)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # until the loop listens itself: one that comes while it is made would break it
    uvloop.run(serve(config, does))
    return 0


if __name__ == "__main__":
    sys.exit(main())
