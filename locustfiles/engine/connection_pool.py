"""The connections to one address: kept alive, made as needed up to a limit, with a queue for attempts that must wait for one."""

import asyncio
import errno
import ssl
from collections import Counter, deque
from collections.abc import Callable
from time import monotonic_ns

from locustfiles.engine.attempt import Call
from locustfiles.engine.connection import Connection, Heads, Shelf
from locustfiles.engine.connector import Dialer
from locustfiles.engine.recorder import Recorder
from locustfiles.engine.response_decoder import Head
from locustfiles.engine.timers import Deadlines
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_NEW_CONNECTION, FLAG_NOT_SENT, FLAG_PULSE, FLAG_RESET, FLAG_TIMEOUT, FLAG_UNSENT
from scenarios.target.operation_codec import TransportError

_OWN_FAULTS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
"""Errors of connecting that are this machine's, not the target's."""

_BREAK_FLAGS = {TransportError.TIMEOUT: FLAG_TIMEOUT, TransportError.RESET: FLAG_RESET}
_SHED = Outcome.SHED


class Pool:
    """Keep-alive connections to one place, for whoever asks next."""

    def __init__(self, loop: asyncio.AbstractEventLoop, dialer: Dialer, recorder: Recorder, deadlines: Deadlines, limit: int) -> None:
        """At most `limit` connections at once."""
        self._loop = loop
        self.dialer = dialer
        self._secure = dialer.secure
        self._recorder = recorder
        self._deadlines = deadlines
        self._limit = limit
        self._idle = Shelf()
        self._open: set[Connection] = set()
        self._leaving: list[tuple[Call, Connection]] = []
        self._waiting: deque[tuple[Call, int]] = deque()  # with the time it was put here, since attempts are used again
        self._connecting: set[asyncio.Task[None]] = set()  # for whoever waits longest
        self._promised: dict[asyncio.Task[None], tuple[Call, int]] = {}  # connections that are made for one attempt alone
        self._session: ssl.SSLSession | None = None  # the latest
        self.troubles: Counter[str] = Counter()
        self.heads: Heads = {}

    @property
    def under_way(self) -> list[Call]:
        """Attempts that are sent and not answered, and those that wait for a connection."""
        sent = [connection.call for connection in self._open if connection.call is not None]
        sent += [call for call, _ in self._leaving]
        return sent + [call for call, since_ns in (*self._waiting, *self._promised.values()) if _waits(call, since_ns)]

    @property
    def in_flight(self) -> int:
        """About how many attempts are sent and not answered."""
        return sum(connection.call is not None for connection in list(self._open))

    @property
    def queued(self) -> int:
        """About how many attempts wait for a connection."""
        return len(self._waiting) + len(self._promised)

    def submit(self, call: Call) -> None:
        """Sends the attempt on an idle connection, else as soon as there is one."""
        idle = self._idle
        while idle:
            connection, _ = idle.popitem()
            if connection.alive:
                self._send(call, connection)
                return
        self._queue(call)

    def submit_anew(self, call: Call) -> None:
        """Sends the attempt of somebody who has lost his connection: one is closed, and a new one is made for him alone."""
        if self._idle:
            self._idle.popitem()[0].close()
        self._promise(call, self._idle, self._session)

    def left(self, visit: int) -> None:
        """A customer has gone."""

    def _wait(self, call: Call) -> tuple[Call, int]:
        call.waiting = True
        call.queued_ns = monotonic_ns()
        call.deadline_ns = call.queued_ns + call.prepared.timeout_ns
        self._deadlines.watch(call)
        return call, call.queued_ns

    def _queue(self, call: Call) -> None:
        self._waiting.append(self._wait(call))
        self._reach_out()

    def _promise(self, call: Call, shelf: Shelf, session: ssl.SSLSession | None) -> None:
        """Makes a connection for this attempt alone."""
        promise = self._wait(call)
        if len(self._open) + len(self._connecting) + len(self._promised) >= self._limit:
            full = OSError(errno.EMFILE, f"a load process holds {self._limit} of them at most")
            self._loop.call_soon(self._promise_broken, promise, full)  # not now: whoever asked is still in the middle of asking
            return
        task = self._loop.create_task(self._keep_promise(promise, shelf, session))
        self._promised[task] = promise
        task.add_done_callback(self._promise_kept)

    async def _keep_promise(self, promise: tuple[Call, int], shelf: Shelf, session: ssl.SSLSession | None) -> None:
        connection = await self.dialer.dial(self, session)
        self._open.add(connection)
        connection.shelf = shelf
        call, since_ns = promise
        if _waits(call, since_ns):
            call.waiting = False
            call.deadline_ns = 0
            self._send(call, connection)
        else:
            self._shelve(connection)

    def _promise_kept(self, task: asyncio.Task[None]) -> None:
        promise = self._promised.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._promise_broken(promise, error)

    def _promise_broken(self, promise: tuple[Call, int], error: BaseException) -> None:
        call, since_ns = promise
        if _waits(call, since_ns):
            call.waiting = False
            self._unsent(call, error)
        else:
            self._trouble(error)

    def _shelve(self, connection: Connection) -> None:
        """A connection is free: for whoever waits, else to be kept."""
        call = self._next() if self._waiting else None
        if call is None:
            connection.shelf[connection] = None
        else:
            self._send(call, connection)

    def _send(self, call: Call, connection: Connection) -> None:
        """Lets it leave when all that is ready has been looked at: a target woken once for many serves them faster, and so do we."""
        leaving = self._leaving
        leaving.append((call, connection))
        if len(leaving) == 1:
            self._loop.call_soon(self._send_all)

    def _send_all(self) -> None:
        leaving, self._leaving = self._leaving, []
        intent, watch = self._recorder.intent, self._deadlines.watch
        for call, connection in leaving:
            if not connection.alive:
                self.submit(call)
                continue
            now_ns = monotonic_ns()
            prepared = call.prepared
            if not connection.used:
                call.flags |= FLAG_NEW_CONNECTION
            if not call.sent_ns:  # a read that is sent once more keeps the times of its first leaving
                call.sent_ns = now_ns
                if call.queued_ns:
                    call.pool_us = (now_ns - call.queued_ns) // 1000
                    call.connect_us = 0 if connection.used else min(connection.connect_us, call.pool_us)
                if prepared.effectful:
                    intent(call, now_ns)
            deadline_ns = now_ns + prepared.timeout_ns
            connection.send(call, deadline_ns)
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
        connection = await self.dialer.dial(self, self._session)
        self._open.add(connection)
        connection.shelf = self._idle
        self._shelve(connection)

    def _connected(self, task: asyncio.Task[None]) -> None:
        """Where no connection came, the attempt that has waited longest is told so."""
        self._connecting.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            call = self._next()
            if call is None:
                self._trouble(error)
            else:
                self._unsent(call, error)

    def _trouble(self, error: BaseException) -> None:
        self.troubles[f"{type(error).__name__}: {error}"] += 1

    def _unsent(self, call: Call, error: BaseException) -> None:
        """It cannot be sent: by this machine's fault, or by the target's."""
        self._trouble(error)
        own = isinstance(error, OSError) and error.errno in _OWN_FAULTS
        call.deadline_ns = 0
        call.flags |= FLAG_UNSENT if own else FLAG_NOT_SENT | (FLAG_TIMEOUT if isinstance(error, TimeoutError) else 0)
        self._give_up(call)

    def overdue(self, call: Call) -> None:
        """It has waited for a connection as long as an answer may take."""
        call.waiting = False
        while self._waiting and not _waits(*self._waiting[0]):
            self._waiting.popleft()
        call.flags |= FLAG_NOT_SENT | FLAG_TIMEOUT
        self._give_up(call)

    def _give_up(self, call: Call) -> None:
        call.end_unanswered(monotonic_ns())
        call.pool_us = 0 if call.sent_ns else (call.done_ns - call.queued_ns) // 1000
        call.owner.answered(call, call.prepared.decoder.without_response(TransportError.REFUSED))

    def _next(self) -> Call | None:
        while self._waiting:
            call, since_ns = self._waiting.popleft()
            if _waits(call, since_ns):
                call.waiting = False
                call.deadline_ns = 0
                return call
        return None

    def replied(self, connection: Connection, call: Call, head: Head, data: bytes, start: int) -> None:
        """An answer is complete."""
        decoder = call.prepared.decoder
        answer = decoder.decode(head, data, start)
        if answer.outcome is _SHED:
            call.retry_after = decoder.retry_after(head)
        if connection.alive:
            if self._waiting:
                self._shelve(connection)
            else:
                connection.shelf[connection] = None
        if self._secure:
            self._keep_session(connection, call)
        call.owner.answered(call, answer)

    def _keep_session(self, connection: Connection, _call: Call) -> None:
        """Remembers the TLS session of a connection on which answers have come."""
        self._session = session_of(connection) or self._session

    def broke(self, connection: Connection, call: Call, how: TransportError) -> None:
        """No answer will come. A read that met a kept connection's end is sent once more; nothing that has an effect ever is."""
        stale = how is TransportError.RESET and connection.used and not call.size
        if stale and not (call.prepared.effectful or call.resent or call.flags & FLAG_PULSE):
            call.resent = True
            self.submit_again(call)
            return
        call.flags |= _BREAK_FLAGS.get(how, 0)
        call.owner.answered(call, call.prepared.decoder.without_response(how))

    def submit_again(self, call: Call) -> None:
        """Sends it on a connection made for it: another kept one might be closed as well."""
        self._promise(call, self._idle, self._session)

    def gone(self, connection: Connection) -> None:
        """The connection is no more."""
        connection.shelf.pop(connection, None)
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
            connection.call = None
            connection.close()


def session_of(connection: Connection) -> ssl.SSLSession | None:
    """The TLS session of a connection, where it has one that can be offered again."""
    found = connection.transport.get_extra_info("ssl_object")
    return None if found is None else found.session


def _waits(call: Call, since_ns: int) -> bool:
    """Whether an attempt still waits since then."""
    return call.waiting and call.queued_ns == since_ns
