"""What the switch goes by: this node's transactions, and what is heard from outside."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, ValidationError

from mock_bank.services.campaign.campaigns.codes import CAMPAIGN_PAUSED
from mock_bank.services.campaign.kill_switch.campaign_part import BOOKS, COMPLAINTS, FAILURES, SENTIMENT
from mock_bank.services.kit.answers import AnswerObserver
from mock_bank.services.kit.codes import Code
from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.http_client import get
from mock_bank.services.kit.kill_switch import Count, Feed
from mock_bank.services.kit.operation import Access, Operation
from mock_bank.services.kit.service_node import ServiceNode

BAD_SCORE: Final = -0.3
TIMEOUT_S: Final = 1.0
_FAILED: Final = 500
_LEAVE: Final = ("activity.token", "activity.token.post")  # a claim begins with them, and there is none without

log = logging.getLogger("mock_bank")

_Number = Annotated[int, Field(ge=0, lt=2**63)]  # as the database has them


@dataclass
class Transactions:
    """How many of this node's transactions came to an end since they were last written down, and how many of them failed."""

    node: ServiceNode
    total: int = 0
    failed: int = 0

    def take(self) -> tuple[int, int]:
        """All and failed; from now on anew."""
        taken, self.total, self.failed = (self.total, self.failed), 0, 0
        return taken


def _see(node: ServiceNode, operation: Operation, code: Code) -> None:
    """What a customer wanted and did not get by our fault has failed; what the pause itself keeps out is no transaction."""
    if operation.access is Access.CUSTOMER and (operation.effectful or operation.id in _LEAVE) and code != CAMPAIGN_PAUSED:
        seen = node.one(Transactions)
        seen.total += 1
        seen.failed += code.status >= _FAILED


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
        seen = self.node.one(Transactions)
        total, failed = seen.take()
        try:
            await self._hear(FAILURES, [None], [self.node.config.name], [total], [failed])
        except DATABASE_ERRORS:
            seen.total, seen.failed = seen.total + total, seen.failed + failed
            raise
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
        headers = {"Authorization": f"Bearer {config.operator_token}"}
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

    async def _hear(self, signal: str, at_ms: list[Any], source: list[str], total: list[int], bad: list[int]) -> None:
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
