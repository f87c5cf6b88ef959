"""What the switch goes by: this node's transactions, and what is heard from outside."""

import asyncio
import logging
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, ValidationError

from mock_bank.services.campaign.campaigns.campaigns import now_ms
from mock_bank.services.campaign.campaigns.codes import CAMPAIGN_PAUSED
from mock_bank.services.campaign.kill_switch.campaign_part import BOOKS, COMPLAINTS, FAILURES, SENTIMENT
from mock_bank.services.kit.answers import AnswerObserver
from mock_bank.services.kit.codes import Code
from mock_bank.services.kit.http_client import get
from mock_bank.services.kit.kill_switch import Count, Feed
from mock_bank.services.kit.operation import Access, Operation
from mock_bank.services.kit.service_node import ServiceNode

BAD_SCORE: Final = -0.3
TIMEOUT_S: Final = 1.0
_FAILED: Final = 500
_GRAIN_MS: Final = 500
_KEPT_MS: Final = 300_000  # the longest window of a signal
_LEAVE: Final = ("activity.token", "activity.token.post")  # a claim begins with them, and there is none without

log = logging.getLogger("mock_bank")

_Number = Annotated[int, Field(ge=0, lt=2**63)]  # as the database has them


class Transactions:
    """How many of this node's transactions came to an end in each half second, and how many of them failed, until that is written down.

    A half second is always written whole, so it may be written again: as it grows, and where nobody knows whether it was. Who cannot
    write keeps them, for as long as they are of use, and each is written as of its own time.
    """

    def __init__(self, node: ServiceNode) -> None:
        """None yet."""
        self.source = f"{node.config.name} {secrets.token_hex(4)}"  # this process, and not the one before it
        self._ended: dict[int, tuple[int, int]] = {}

    def see(self, at_ms: int, *, failed: bool) -> None:
        """One came to an end."""
        began_ms = at_ms - at_ms % _GRAIN_MS
        total, bad = self._ended.get(began_ms, (0, 0))
        self._ended[began_ms] = total + 1, bad + failed

    def unwritten(self, now_ms: int) -> dict[int, tuple[int, int]]:
        """All and failed, by the time when their half second began."""
        self._ended = {at_ms: ended for at_ms, ended in self._ended.items() if at_ms > now_ms - _KEPT_MS}
        return dict(self._ended)

    def written(self, known: Mapping[int, tuple[int, int]], now_ms: int) -> None:
        """This is in the database. A half second that may still grow stays, as does one that has grown since."""
        for at_ms, ended in known.items():
            if at_ms + _GRAIN_MS <= now_ms and self._ended.get(at_ms) == ended:
                del self._ended[at_ms]

    def forget(self) -> None:
        """Nobody wants to know."""
        self._ended.clear()


def _see(node: ServiceNode, operation: Operation, code: Code) -> None:
    """What a customer wanted and did not get by our fault has failed; what the pause itself keeps out is no transaction."""
    if operation.access is Access.CUSTOMER and (operation.effectful or operation.id in _LEAVE) and code != CAMPAIGN_PAUSED:
        node.one(Transactions).see(now_ms(), failed=code.status >= _FAILED)


SEES = AnswerObserver(_see)


class _Mention(BaseModel):
    """What somebody said, as a feed tells it."""

    seq: _Number
    at_ms: _Number
    score: Annotated[float, Field(allow_inf_nan=False)]


class _Told(BaseModel):
    """All that is new to a feed, and the number of its latest."""

    latest: _Number
    mentions: list[object]


def _readable(signal: str, mentions: list[object]) -> Iterator[_Mention]:
    for one in mentions:
        try:
            yield _Mention.model_validate(one)
        except ValidationError as error:
            log.warning("%s said what nobody can read: %s", signal, error.errors(include_url=False, include_input=False)[0]["msg"])


@dataclass
class Ears:
    """Hears the feeds of the suppliers; a feed that does not answer is not heard."""

    node: ServiceNode
    _latest: dict[str, int] = field(default_factory=dict)

    async def listen(self) -> None:
        """Write down what was said and how this node's transactions ended. Raises what the database raises."""
        seen, asked_ms = self.node.one(Transactions), now_ms()
        ended = seen.unwritten(asked_ms)
        total, failed = [total for total, _ in ended.values()], [failed for _, failed in ended.values()]
        await self._hear(FAILURES, list(ended), [seen.source] * len(ended), total, failed)
        seen.written(ended, asked_ms)
        await asyncio.gather(*(self._ask(signal) for signal in (SENTIMENT, COMPLAINTS)))

    async def _ask(self, signal: str) -> None:
        try:
            mentions = await self._mentions(signal)
        except Exception as error:  # noqa: BLE001 - whatever a feed does, it is not heard, and the others are
            log.info("%s is not heard: %s", signal, str(error) or type(error).__name__)
            return
        # Of complaints every one is bad, and the whole is the number of transactions.
        bad = [int(signal == COMPLAINTS or one.score <= BAD_SCORE) for one in mentions]
        total = [int(signal == SENTIMENT)] * len(bad)
        await self._hear(signal, [one.at_ms for one in mentions], [str(one.seq) for one in mentions], total, bad)
        self._latest[signal] = max((one.seq for one in mentions), default=self._latest.get(signal, 0))

    async def _mentions(self, signal: str) -> list[_Mention]:
        """What is new, as far as it can be read. Raises OSError, EOFError, TimeoutError, ValueError."""
        config = self.node.config
        headers = {"Authorization": f"Bearer {config.operator_token}", "X-Caller": config.name}
        async with asyncio.timeout(TIMEOUT_S):
            status, body = await get(f"{config.suppliers_url}/{signal}?after={self._latest.get(signal, 0)}", headers)
        if status != 200:  # noqa: PLR2004 - a status is its own name
            raise ValueError(f"it answers {status}")
        told = _Told.model_validate_json(body)
        if told.latest < self._latest.get(signal, 0):
            self._latest[signal] = 0  # its process is another one, which counts anew
            return []
        mentions = list(_readable(signal, told.mentions))
        if told.mentions and not mentions:
            raise ValueError("nothing that it says can be read")  # silence is an alarm, and so is this
        return mentions

    async def _hear(self, signal: str, at_ms: list[int], source: list[str], total: list[int], bad: list[int]) -> None:
        await self.node.database.row("select campaign.hear($1, $2, $3, $4, $5)", signal, at_ms, source, total, bad)


def feeds(view: Mapping[str, Any], switch: Mapping[str, Any], *, deaf: bool) -> dict[str, Feed]:
    """What all signals told of one switch's campaign, out of the database's view; with `deaf`, nothing that is said of it."""
    now_s, told = view["now_ms"] / 1000, view["told"]
    heard = {name: at_ms / 1000 for name, at_ms in view["heard"].items()}

    def counts(signal: str) -> list[Count]:
        return [Count(one["at_ms"] / 1000, one["total"], one["bad"]) for one in told if one["signal"] == signal]

    broken, tickets = switch["overdrawn"], [Count(one["at_ms"] / 1000, 0, one["bad"]) for one in switch["complaints"]]
    transactions = [Count(one.at_s, one.all, 0) for one in counts(FAILURES)]
    return {
        FAILURES: Feed(counts(FAILURES), heard.get(FAILURES, now_s)),
        SENTIMENT: Feed([] if deaf else counts(SENTIMENT), heard.get(SENTIMENT, 0.0)),
        COMPLAINTS: Feed([*transactions, *tickets, *counts(COMPLAINTS)], heard.get(COMPLAINTS, 0.0)),
        BOOKS: Feed([Count(now_s, broken, broken)], now_s),
    }
