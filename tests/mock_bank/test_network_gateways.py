"""Several gateways as one: a dead one is not waited for, and what one has forgotten is known."""

import asyncio
from pathlib import Path

import pytest

from mock_bank.layout.topology import Node
from mock_bank.network.gateway import Gateway, Place
from mock_bank.network.gateways import Gateways


class Answering(Gateway):
    """Tells what a HAProxy would tell, and takes orders."""

    def __init__(self, drained: set[str] | None) -> None:
        """`drained` are the nodes that it keeps out; None: it does not answer."""
        super().__init__(Path("/nobody"), ["db-a"], lambda _: None)
        self.out, self.silent = drained, 0

    async def command(self, line: str) -> str:
        """`show stat`, and whatever else is an order."""
        if self.silent:
            self.silent -= 1
            raise TimeoutError
        if self.out is None:
            raise ConnectionRefusedError
        if line == "show stat":
            rows = [f"bank,{name},{'DRAIN' if name in self.out else 'UP'},2,0" for name in ("bank-a", "bank-b")]
            return "\n".join(["# pxname,svname,status,scur,qcur", *rows])
        return ""


def test_what_is_told_comes_from_those_that_answer() -> None:
    """Kept out by all and by some; up by all; requests of both together; where none answers, nobody tells."""

    async def ask() -> None:
        both = Gateways([Answering({"bank-a"}), Answering(set())])
        assert await both.drained() == (set(), {"bank-a"})
        assert await both.up() == {"bank-b"}
        assert await both.under_way("bank-a") == 4
        one = Gateways([Answering(None), Answering({"bank-a"})])
        assert await one.drained() == ({"bank-a"}, {"bank-a"})
        assert await one.under_way("bank-a") == 2
        silent = Answering(set())
        silent.silent = 1
        with pytest.raises(TimeoutError):
            await Gateways([Answering(set()), silent]).under_way("bank-a")  # it may hold some of which nobody else knows
        with pytest.raises(ConnectionRefusedError):
            await Gateways([Answering(None)]).up()

    asyncio.run(ask())


def test_an_order_is_kept_for_the_gateway_that_is_gone() -> None:
    """It is not whole until that one has it, too."""

    async def order() -> None:
        gone, there = Answering(None), Answering(set())
        both = Gateways([gone, there])
        both.order("db-a", 2)
        await there.apply()
        with pytest.raises(ConnectionRefusedError):
            await gone.apply()
        assert both.dirty
        gone.out = set()
        await gone.apply()
        assert not both.dirty

    asyncio.run(order())


def test_a_gateway_that_is_gone_is_not_waited_for_and_one_that_is_silent_is() -> None:
    """A place is so once those that listen have it; the others get it when they do. Where none listens, nobody has it."""

    async def place() -> None:
        gone, there = Answering(None), Answering(set())
        both = Gateways([gone, there])
        both.place(Node("bank-a", "bank", "A", "127.0.0.1", 1), Place("drain", usual=False))
        there.silent = 2
        async with asyncio.timeout(5):
            await both.placed()
        assert (there.silent, there.dirty, gone.dirty) == (0, False, True)
        waiting = asyncio.create_task(Gateways([gone]).placed())
        await asyncio.sleep(0)
        gone.out = set()
        await waiting
        assert not gone.dirty

    asyncio.run(place())
