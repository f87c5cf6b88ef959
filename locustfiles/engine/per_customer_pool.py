"""Connections as real phones have them: each customer's own, which nobody else uses."""

import asyncio
import ssl

from locustfiles.engine.attempt import Attempt
from locustfiles.engine.connection import Connection, IdleConnections
from locustfiles.engine.connection_pool import ConnectionPool
from locustfiles.engine.connector import Connector
from locustfiles.engine.recorder import Recorder
from locustfiles.engine.timers import TimeoutWheel
from scenarios.run.records import FLAG_PULSE

_44_BITS = (1 << 44) - 1


class PerCustomerPool(ConnectionPool):
    """Each customer has connections of their own: made when first needed, kept while the customer is there, closed when they leave.

    The pulse's customers, who never leave, share theirs as in a pool.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, connector: Connector, recorder: Recorder, timeouts: TimeoutWheel, limit: int
    ) -> None:
        """As a pool's."""
        super().__init__(loop, connector, recorder, timeouts, limit)
        self._idle_by_arrival: dict[int, IdleConnections] = {}
        self._sessions: dict[int, ssl.SSLSession] = {}

    def submit(self, attempt: Attempt) -> None:
        """Sends the attempt on the customer's own connection, else on a new one of theirs."""
        if attempt.flags & FLAG_PULSE:
            super().submit(attempt)
            return
        idle = self._idle_of(attempt)
        while idle:
            connection, _ = idle.popitem()
            if connection.alive:
                self._send(attempt, connection)
                return
        self._promise(attempt, idle, self._sessions.get(_arrival(attempt)))

    def submit_reconnected(self, attempt: Attempt) -> None:
        """All that the customer had is closed, and they connect anew."""
        idle = self._idle_of(attempt)
        while idle:
            idle.popitem()[0].close()
        self._promise(attempt, idle, self._sessions.get(_arrival(attempt)))

    def submit_again(self, attempt: Attempt) -> None:
        """Sends it on a new connection of the customer's."""
        self._promise(attempt, self._idle_of(attempt), self._sessions.get(_arrival(attempt)))

    def _idle_of(self, attempt: Attempt) -> IdleConnections:
        arrival = _arrival(attempt)
        idle = self._idle_by_arrival.get(arrival)
        if idle is None:
            idle = self._idle_by_arrival[arrival] = IdleConnections()
        return idle

    def _shelve(self, connection: Connection) -> None:
        """The customer's own are not for others, and nobody's once they have left."""
        if connection.idle is self._idle:
            super()._shelve(connection)
        elif connection.idle.closed:
            connection.close()
        else:
            connection.idle[connection] = None

    def _keep_session(self, session: ssl.SSLSession, attempt: Attempt) -> None:
        if attempt.flags & FLAG_PULSE:
            super()._keep_session(session, attempt)
        else:
            self._sessions[_arrival(attempt)] = session

    def customer_left(self, arrival: int) -> None:
        """A customer has gone: their connections are closed."""
        arrival &= _44_BITS
        self._sessions.pop(arrival, None)
        idle = self._idle_by_arrival.pop(arrival, None)
        if idle is not None:
            idle.closed = True
            for connection in list(idle):
                connection.close()


def _arrival(attempt: Attempt) -> int:
    """The arrival that an attempt belongs to, whether it is a question of the journey's or keeps the session."""
    return attempt.operation_id >> 16 & _44_BITS
