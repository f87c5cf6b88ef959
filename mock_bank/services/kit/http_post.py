"""One POST over a connection of its own: of an HTTP client library a service would use nothing more, and wait for its import."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit


async def post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer.

    Raises:
        OSError: it cannot be reached, or breaks off.
        EOFError: it ends before its answer does.
        ValueError: the answer is no HTTP.
    """
    to = urlsplit(url)
    reader, writer = await asyncio.open_connection(to.hostname, to.port or 80)
    try:
        lines = [f"POST {to.path} HTTP/1.1", f"Host: {to.netloc}", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head, *told = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        lengths = [int(line.partition(":")[2]) for line in told if line.lower().startswith("content-length:")]
        return int(head.split(" ")[1]), await reader.readexactly(lengths[0]) if lengths else await reader.read()
    finally:
        writer.close()
