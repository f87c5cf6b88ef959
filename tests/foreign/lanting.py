"""Lanting, a campaign service of a foreign shape: a real server for tests, and the example of docs/attach.md.

    LANTING_SECRET=… LANTING_OPERATOR=… python tests/foreign/lanting.py --port 18080

Every answer is HTTP 200 with a code in the body: {"head": {"code", "msg", "seq"}, "result": {…}}. Every request is signed (HMAC-SHA256 over
method, path, timestamp, nonce and body) and carries the channel mark. Amounts are yuan in texts, times are milliseconds in texts. The
login's token comes in a header, the idempotency key goes into the body, and a prize is granted behind a queue: first accepted, then polled.
SIGUSR1 takes it away, as a gateway without an upstream would, SIGUSR2 brings it back.
All of its books are in this process's memory; handlers never pause while they change them, so each is atomic.
"""

import argparse
import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import lanting_desk  # noqa: F401 - its handlers make themselves known
from aiohttp import web
from lanting_service import Lanting


def main() -> None:
    """Serves until it is ended; says its address on stdout once it listens."""
    parser = argparse.ArgumentParser(description="Lanting, a campaign service of a foreign shape")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--leaky", action="store_true", help="repeat the secrets in answers and books")
    parser.add_argument("--deaf", action="store_true", help="have a kill switch that changes nothing but what it says")
    parser.add_argument("--crooked", action="store_true", help="move ten fen less than is told, and note another prize than was asked for")
    parser.add_argument("--digest", default="sha256", help="sha256 or sm3")
    options = parser.parse_args()
    secret, operator = os.environ["LANTING_SECRET"], os.environ["LANTING_OPERATOR"]
    lanting = Lanting(secret, operator, digest=options.digest, leaky=options.leaky, deaf=options.deaf, crooked=options.crooked)

    async def serve() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lanting.go_down)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, lanting.come_back)
        app = web.Application(client_max_size=16_000_000)
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]] = lanting.answer
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", options.port)
        await site.start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)  # noqa: T201 - whoever starts it reads this
        await asyncio.Event().wait()

    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
