"""Servers that speak Toxiproxy's API: the link proxy, and the real one where its binary is on the path or named by TOXIPROXY."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import requests
from world_lab import CHECKOUT, until

from mock_bank.layout.ports import free_ports

REAL = os.environ.get("TOXIPROXY") or shutil.which("toxiproxy-server")
SERVERS = ["link-proxy", *(["toxiproxy"] if REAL else [])]

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Toxiproxy:
    """A client of the API, as small as a real one."""

    def __init__(self, url: str) -> None:
        """`url` is the API's."""
        self.url = url
        self.guarded = False  # whether it wants a token

    def call(self, method: str, path: str, body: object = None, status: int = 200) -> dict:
        """One call with the expected status; the JSON of the answer."""
        answer = requests.request(method, self.url + path, json=body, timeout=5)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else {}

    def toxic(self, kind: str, stream: str = "downstream", toxicity: float = 1.0, **attributes: int) -> dict:
        """Put a toxic on the link."""
        body = {"type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes}
        return self.call("POST", "/proxies/link/toxics", body)

    def remove(self, name: str) -> None:
        """Take a toxic off the link."""
        self.call("DELETE", f"/proxies/link/toxics/{name}", status=204)


@contextlib.contextmanager
def serving(kind: str = "link-proxy", *arguments: str) -> Iterator[Toxiproxy]:
    """A process of that kind."""
    host, port = "127.0.0.1", free_ports(1)[0]
    ours = [sys.executable, "-m", "mock_bank.network.linkproxy", f"{host}:{port}", *arguments]
    process = subprocess.Popen(
        ours if kind == "link-proxy" else [str(REAL), "-host", host, "-port", str(port)], cwd=CHECKOUT, stdout=subprocess.DEVNULL
    )
    url = f"http://{host}:{port}"

    def up() -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{url}/version", timeout=1).status_code in {200, 401}
        return False

    try:
        until(up, "the server answers")
        yield Toxiproxy(url)
    finally:
        process.terminate()
        assert process.wait(10) == 0


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every byte with itself, and the end with ``bye``."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write(b"bye")
    writer.write_eof()
    await asyncio.Event().wait()


class Link:
    """A link named `link` to a server on port 0."""

    def __init__(self, proxy: Toxiproxy, address: str, writers: list[asyncio.StreamWriter]) -> None:
        """`writers` collects the client's ends of the connections, for the one who must close them."""
        self.proxy, self.address, self._writers = proxy, address, writers

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection through the link."""
        host, _, port = self.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        self._writers.append(writer)
        return reader, writer

    async def toxic(self, kind: str, stream: str = "downstream", toxicity: float = 1.0, **attributes: int) -> None:
        """As `Toxiproxy.toxic`, while the streams go on."""
        await asyncio.to_thread(self.proxy.toxic, kind, stream, toxicity, **attributes)

    async def remove(self, name: str) -> None:
        """As `Toxiproxy.remove`."""
        await asyncio.to_thread(self.proxy.remove, name)

    async def change(self, body: object, toxic: str = "") -> None:
        """Change the link, or a toxic of it."""
        await asyncio.to_thread(self.proxy.call, "POST", f"/proxies/link{f'/toxics/{toxic}' if toxic else ''}", body)


@contextlib.asynccontextmanager
async def link_to(proxy: Toxiproxy, handler: Handler = echo, listen: str = "127.0.0.1:0") -> AsyncIterator[Link]:
    """A link to a server with this handler, for as long as the test wants it."""
    writers: list[asyncio.StreamWriter] = []
    handlers: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.create_task(handler(reader, writer)))
        writers.append(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    body = {"name": "link", "listen": listen, "upstream": f"127.0.0.1:{port}"}
    made = await asyncio.to_thread(proxy.call, "POST", "/proxies", body, 201)
    try:
        yield Link(proxy, made["listen"], writers)
    finally:
        await asyncio.to_thread(proxy.call, "DELETE", "/proxies/link", None, 204)
        server.close()
        for task in handlers:
            task.cancel()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*handlers, *(writer.wait_closed() for writer in writers), return_exceptions=True)


async def ask(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], data: bytes = b"ping") -> float:
    """Send and read back; the seconds that it took."""
    reader, writer = streams
    loop = asyncio.get_running_loop()
    start = loop.time()
    writer.write(data)
    assert await reader.readexactly(len(data)) == data
    return loop.time() - start


def run(drill: Awaitable[None]) -> None:
    """Run a drill with a deadline."""

    async def bounded() -> None:
        async with asyncio.timeout(20):
            await drill

    asyncio.run(bounded())
