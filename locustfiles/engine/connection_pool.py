"""The connections to one address: kept alive, made as needed up to a limit, with a queue for attempts that must wait for one."""

import asyncio
import errno
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable
from time import monotonic_ns
from typing import cast

from locustfiles.engine.attempt import Attempt, SessionOwner
from locustfiles.engine.connection import Connection, IdleConnections, KnownHeads
from locustfiles.engine.connector import Connector
from locustfiles.engine.recorder import Recorder
from locustfiles.engine.timers import TimeoutWheel
from scenarios.run.outcomes import ERRORS, Outcome
from scenarios.run.records import FLAG_NEW_CONNECTION, FLAG_NOT_SENT, FLAG_PULSE, FLAG_RESET, FLAG_TIMEOUT, FLAG_UNSENT
from scenarios.target.operation_codec import TransportError
from scenarios.wire.answer_head import Head
from scenarios.wire.cookies import CookieJar

_OWN_FAULTS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
"""Errors of connecting that are this machine's, not the target's."""

_ERROR_FLAGS = {TransportError.TIMEOUT: FLAG_TIMEOUT, TransportError.RESET: FLAG_RESET, TransportError.REFUSED: FLAG_RESET}
_LOST = (TransportError.RESET, TransportError.REFUSED)
"""How a connection ends under an attempt; by the latter, the service says that it did nothing."""
_SUCCESS, _SHED = Outcome.SUCCESS, Outcome.SHED
_REDIRECTS = 300
_MOST_REASONS = 1000


class ConnectionPool:
    """Keep-alive connections to one place, for whoever asks next."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, connector: Connector, recorder: Recorder, timeouts: TimeoutWheel, limit: int
    ) -> None:
        """At most `limit` connections at once."""
        self._loop = loop
        self.connector = connector
        self._recorder = recorder
        self._timeouts = timeouts
        self._limit = limit
        self._idle = IdleConnections()
        self._open: set[Connection] = set()
        self._leaving: list[tuple[Attempt, Connection]] = []
        self._waiting: deque[tuple[Attempt, int]] = deque()  # with the time it was put here, since attempts are used again
        self._connecting: set[asyncio.Task[None]] = set()  # for whoever waits longest
        self._promised: dict[asyncio.Task[None], tuple[Attempt, int]] = {}  # connections that are made for one attempt alone
        self._session: ssl.SSLSession | None = None  # the latest
        self.troubles: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()
        self.heads: KnownHeads = {}

    @property
    def under_way(self) -> list[Attempt]:
        """Attempts that are sent and not answered, and those that wait for a connection."""
        sent = [connection.attempt for connection in self._open if connection.attempt is not None]
        sent += [attempt for attempt, _ in self._leaving]
        return sent + [attempt for attempt, since_ns in (*self._waiting, *self._promised.values()) if _waits(attempt, since_ns)]

    @property
    def in_flight(self) -> int:
        """About how many attempts are sent and not answered."""
        return sum(connection.attempt is not None for connection in list(self._open))

    @property
    def queued(self) -> int:
        """About how many attempts wait for a connection."""
        return len(self._waiting) + len(self._promised)

    def submit(self, attempt: Attempt) -> None:
        """Sends the attempt on the connection that has been idle longest, else as soon as there is one.

        So all are used alike, and with them all addresses to which there are some: the latest one would have most for itself.
        """
        idle = self._idle
        while idle:
            connection, _ = idle.popitem(last=False)
            if connection.alive:
                self._send(attempt, connection)
                return
        self._queue(attempt)

    def submit_reconnected(self, attempt: Attempt) -> None:
        """Sends the attempt of somebody who has lost their connection: one is closed, and a new one is made for them alone."""
        if self._idle:
            self._idle.popitem()[0].close()
        self._promise(attempt, self._idle, self._session)

    def customer_left(self, arrival: int) -> None:
        """A customer has gone."""

    def _wait(self, attempt: Attempt) -> tuple[Attempt, int]:
        attempt.queued = True
        attempt.queued_ns = monotonic_ns()
        attempt.deadline_ns = attempt.queued_ns + attempt.operation.timeout_ns
        self._timeouts.watch(attempt)
        return attempt, attempt.queued_ns

    def _queue(self, attempt: Attempt) -> None:
        self._waiting.append(self._wait(attempt))
        self._reach_out()

    def _promise(self, attempt: Attempt, idle: IdleConnections, session: ssl.SSLSession | None) -> None:
        """Makes a connection for this attempt alone."""
        promise = self._wait(attempt)
        if len(self._open) + len(self._connecting) + len(self._promised) >= self._limit:
            full = OSError(errno.EMFILE, f"a load process holds {self._limit} of them at most")
            self._loop.call_soon(self._promise_broken, promise, full)  # not now: whoever asked is still in the middle of asking
            return
        task = self._loop.create_task(self._keep_promise(promise, idle, session))
        self._promised[task] = promise
        task.add_done_callback(self._promise_kept)

    async def _keep_promise(self, promise: tuple[Attempt, int], idle: IdleConnections, session: ssl.SSLSession | None) -> None:
        connection = await self.connector.connect(self, session)
        self._open.add(connection)
        connection.idle = idle
        attempt, since_ns = promise
        if _waits(attempt, since_ns):
            attempt.queued = False
            attempt.deadline_ns = 0
            self._send(attempt, connection)
        else:
            self._shelve(connection)

    def _promise_kept(self, task: asyncio.Task[None]) -> None:
        promise = self._promised.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._promise_broken(promise, error)

    def _promise_broken(self, promise: tuple[Attempt, int], error: BaseException) -> None:
        attempt, since_ns = promise
        if _waits(attempt, since_ns):
            attempt.queued = False
            self._unsent(attempt, error)
        else:
            self._trouble(error)

    def _shelve(self, connection: Connection) -> None:
        """A connection is free: for whoever waits, else to be kept."""
        attempt = self._next() if self._waiting else None
        if attempt is None:
            connection.idle[connection] = None
        else:
            self._send(attempt, connection)

    def _send(self, attempt: Attempt, connection: Connection) -> None:
        """Lets it leave when all that is ready has been looked at: a target woken once for many serves them faster, and so do we."""
        leaving = self._leaving
        leaving.append((attempt, connection))
        if len(leaving) == 1:
            self._loop.call_soon(self._send_all)

    def _send_all(self) -> None:
        leaving, self._leaving = self._leaving, []
        intent, watch = self._recorder.record_intent, self._timeouts.watch
        for attempt, connection in leaving:
            if not connection.alive:
                self.submit(attempt)
                continue
            now_ns = monotonic_ns()
            if attempt.good_until_ns <= now_ns and _is_outlived(attempt):
                self._shelve(connection)
                continue
            operation = attempt.operation
            if not connection.used:
                attempt.flags |= FLAG_NEW_CONNECTION
            if not attempt.sent_ns:  # a read that is sent once more keeps the times of its first leaving
                attempt.sent_ns = now_ns
                if attempt.queued_ns:
                    attempt.pool_us = (now_ns - attempt.queued_ns) // 1000
                    attempt.connect_us = 0 if connection.used else min(connection.connect_us, attempt.pool_us)
                if operation.effectful:
                    intent(attempt, now_ns)
            deadline_ns = now_ns + operation.timeout_ns
            connection.send(attempt, deadline_ns)
            if not 0 < connection.wheel_ns <= deadline_ns:
                watch(connection)

    def _reach_out(self) -> None:
        """Starts as many connections as attempts wait, up to the limit."""
        wanted = min(len(self._waiting), self._limit - len(self._open))
        while len(self._connecting) < wanted:
            task = self._loop.create_task(self._connect())
            self._connecting.add(task)
            task.add_done_callback(self._connected)

    async def _connect(self) -> None:
        connection = await self.connector.connect(self, self._session)
        self._open.add(connection)
        connection.idle = self._idle
        self._shelve(connection)

    def _connected(self, task: asyncio.Task[None]) -> None:
        """Where no connection came, the attempt that has waited longest is told so."""
        self._connecting.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            attempt = self._next()
            if attempt is None:
                self._trouble(error)
            else:
                self._unsent(attempt, error)

    def _trouble(self, error: BaseException) -> None:
        self.troubles[f"{type(error).__name__}: {error}"] += 1

    def _unsent(self, attempt: Attempt, error: BaseException) -> None:
        """It cannot be sent: by this machine's fault, or by the target's."""
        self._trouble(error)
        own = isinstance(error, OSError) and error.errno in _OWN_FAULTS
        attempt.deadline_ns = 0
        attempt.flags |= FLAG_UNSENT if own else FLAG_NOT_SENT | (FLAG_TIMEOUT if isinstance(error, TimeoutError) else 0)
        self._give_up(attempt)

    def overdue(self, attempt: Attempt) -> None:
        """It has waited for a connection as long as an answer may take."""
        attempt.queued = False
        while self._waiting and not _waits(*self._waiting[0]):
            self._waiting.popleft()
        attempt.flags |= FLAG_NOT_SENT | FLAG_TIMEOUT
        self._give_up(attempt)

    def _give_up(self, attempt: Attempt) -> None:
        attempt.end_unanswered(monotonic_ns())
        attempt.pool_us = 0 if attempt.sent_ns else (attempt.done_ns - attempt.queued_ns) // 1000
        attempt.owner.answered(attempt, attempt.operation.decoder.without_response(TransportError.REFUSED))

    def _next(self) -> Attempt | None:
        while self._waiting:
            attempt, since_ns = self._waiting.popleft()
            if _waits(attempt, since_ns):
                attempt.queued = False
                attempt.deadline_ns = 0
                return attempt
        return None

    def replied(self, connection: Connection, attempt: Attempt, head: Head, data: bytes, start: int) -> None:
        """An answer is complete."""
        operation = attempt.operation
        decoder = operation.decoder
        answer = decoder.decode(head, data, start)
        if operation.views is not None and attempt.subjects is not None:
            operation.views.keep(attempt, answer.outcome, decoder.response(head, data[start:]), self._recorder.record_shown)
        if head.sets_cookies:
            _keep_cookies(attempt, head)
        outcome = answer.outcome
        if outcome is not _SUCCESS:  # most are one, and are looked at once
            if outcome is _SHED:
                attempt.retry_after = decoder.retry_after(head)
            elif head.status < _REDIRECTS and outcome in ERRORS:
                self.cannot_read(answer.cause)
        if connection.alive:
            if self._waiting:
                self._shelve(connection)
            else:
                connection.idle[connection] = None
        if connection.sessions_awaited:
            self._look_for_session(connection, attempt)
        attempt.owner.answered(attempt, answer)

    def cannot_read(self, reason: str) -> None:
        """An answer that is none, or is not as the target's file says; where and why stands in no record."""
        if reason in self.unread or len(self.unread) < _MOST_REASONS:
            self.unread[reason] += 1

    def _look_for_session(self, connection: Connection, attempt: Attempt) -> None:
        session = _session_of(connection)
        connection.sessions_awaited = 0 if session else connection.sessions_awaited - 1
        if session:
            self._keep_session(session, attempt)

    def _keep_session(self, session: ssl.SSLSession, _attempt: Attempt) -> None:
        """Remembers the TLS session of a connection on which an answer has come."""
        self._session = session

    def broke(self, connection: Connection, attempt: Attempt, how: TransportError) -> None:
        """No answer will come. A read that met a kept connection's end is sent once more; nothing that has an effect ever is."""
        stale = how in _LOST and connection.used and not attempt.size
        if stale and not (attempt.operation.effectful or attempt.resent or attempt.flags & FLAG_PULSE):
            attempt.resent = True
            self.submit_again(attempt)
            return
        attempt.flags |= _ERROR_FLAGS.get(how, 0)
        attempt.owner.answered(attempt, attempt.operation.decoder.without_response(how))

    def submit_again(self, attempt: Attempt) -> None:
        """Sends it on a connection made for it: another kept one might be closed as well."""
        self._promise(attempt, self._idle, self._session)

    def gone(self, connection: Connection) -> None:
        """The connection is no more."""
        connection.idle.pop(connection, None)
        self._open.discard(connection)
        if self._waiting:
            self._reach_out()

    def soon(self, callback: Callable[[TransportError], None], how: TransportError) -> None:
        """Calls back in the loop's next round."""
        self._loop.call_soon(callback, how)

    def close(self) -> None:
        """Ends all connections, and attempts at any."""
        for task in (*self._connecting, *self._promised):
            task.cancel()
        self._waiting.clear()
        self._leaving.clear()
        for connection in list(self._open):
            connection.attempt = None
            connection.close()


def _is_outlived(attempt: Attempt) -> bool:
    """Whether its token's time came before it could leave, and its owner sees to it."""
    return not attempt.sent_ns and cast("SessionOwner", attempt.owner).outlived(attempt)


def _session_of(connection: Connection) -> ssl.SSLSession | None:
    """The TLS session of a connection, where it has one that can be offered again."""
    found: ssl.SSLObject | None = connection.transport.get_extra_info("ssl_object")
    session = found.session if found else None
    if found is None or session is None:
        return None
    return session if session.has_ticket or (session.id and found.version() != "TLSv1.3") else None


def _waits(attempt: Attempt, since_ns: int) -> bool:
    """Whether an attempt still waits since then."""
    return attempt.queued and attempt.queued_ns == since_ns


def _keep_cookies(attempt: Attempt, head: Head) -> None:
    """An answer's cookies are its customer's."""
    session, (host, _, secure) = attempt.session, attempt.operation.endpoint
    if session is not None:
        session.cookies = session.cookies or CookieJar()
        session.cookies.take(head.headers.every("set-cookie"), host, attempt.data, time.time(), secure=secure)
