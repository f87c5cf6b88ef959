"""Connections as real phones have them: each customer's own, which nobody else uses."""

import asyncio
import ssl

from locustfiles.engine.attempt import Call
from locustfiles.engine.connection import Connection, Shelf
from locustfiles.engine.connection_pool import Pool, session_of
from locustfiles.engine.connector import Dialer
from locustfiles.engine.recorder import Recorder
from locustfiles.engine.timers import Deadlines
from scenarios.run.records import FLAG_PULSE


class OwnLines(Pool):
    """Each customer has connections of his own: made when he first needs them, kept while he is there, closed when he leaves.

    The pulse's customers, who never leave, share theirs as in a pool.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, dialer: Dialer, recorder: Recorder, deadlines: Deadlines, limit: int) -> None:
        """As a pool's."""
        super().__init__(loop, dialer, recorder, deadlines, limit)
        self._shelves: dict[int, Shelf] = {}  # by visit
        self._sessions: dict[int, ssl.SSLSession] = {}

    def submit(self, call: Call) -> None:
        """Sends the attempt on the customer's own connection, else on a new one of his."""
        if call.flags & FLAG_PULSE:
            super().submit(call)
            return
        shelf = self._shelf(call)
        while shelf:
            connection, _ = shelf.popitem()
            if connection.alive:
                self._send(call, connection)
                return
        self._promise(call, shelf, self._sessions.get(_visit(call)))

    def submit_anew(self, call: Call) -> None:
        """All that the customer had is closed, and he connects anew."""
        shelf = self._shelf(call)
        while shelf:
            shelf.popitem()[0].close()
        self._promise(call, shelf, self._sessions.get(_visit(call)))

    def submit_again(self, call: Call) -> None:
        """Sends it on a new connection of the customer's."""
        self._promise(call, self._shelf(call), self._sessions.get(_visit(call)))

    def _shelf(self, call: Call) -> Shelf:
        visit = _visit(call)
        shelf = self._shelves.get(visit)
        if shelf is None:
            shelf = self._shelves[visit] = Shelf()
        return shelf

    def _shelve(self, connection: Connection) -> None:
        """The customer's own are not for others, and nobody's once he has left."""
        if connection.shelf is self._idle:
            super()._shelve(connection)
        elif connection.shelf.closed:
            connection.close()
        else:
            connection.shelf[connection] = None

    def _keep_session(self, connection: Connection, call: Call) -> None:
        if call.flags & FLAG_PULSE:
            super()._keep_session(connection, call)
        elif (found := session_of(connection)) is not None:
            self._sessions[_visit(call)] = found

    def left(self, visit: int) -> None:
        """A customer has gone: his connections are closed."""
        self._sessions.pop(visit, None)
        shelf = self._shelves.pop(visit, None)
        if shelf is not None:
            shelf.closed = True
            for connection in list(shelf):
                connection.close()


def _visit(call: Call) -> int:
    """The arrival that an attempt belongs to."""
    return call.operation >> 16
