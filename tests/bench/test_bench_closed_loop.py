"""Customers who each wait for their answer: each answer counts once, however it comes in pieces, and a cut one is never silence."""

import asyncio
from contextlib import closing, suppress

import pytest

from bench.kit.closed_loop import asked_by


async def _counted(seconds: float, cut_after: int | None = None) -> tuple[int, int]:
    """Answers that counted, and questions that came; every second answer is a refusal, and each comes in three pieces."""
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError), closing(writer):
            while await reader.readuntil(b"\r\n\r\n"):
                if not await answer(writer):
                    return

    async def answer(writer: asyncio.StreamWriter) -> bool:
        nonlocal asked
        asked += 1
        body = b'{"code":"OK"}' if asked % 2 else b'{"code":"NO"}'
        whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        for piece in (whole[:10], whole[10:-3], whole[-3:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return asked != cut_after

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        done = await asked_by(
            f"http://127.0.0.1:{port}", [lambda: b"GET / HTTP/1.1\r\n\r\n"] * (1 if cut_after else 2), b'"code":"OK"', seconds
        )
    return done, asked


def test_each_answer_counts_once() -> None:
    """Half of them say OK."""
    done, asked = asyncio.run(_counted(0.3))
    assert asked > 1
    assert done == (asked + 1) // 2


def test_a_cut_connection_is_told() -> None:
    """Else the bench would take it for a slow world."""
    with pytest.raises(ConnectionResetError):
        asyncio.run(_counted(60, cut_after=1))
