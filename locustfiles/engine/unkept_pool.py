"""Connections as those clients have them that keep none."""

from locustfiles.engine.attempt import Attempt
from locustfiles.engine.connection import Connection, IdleConnections
from locustfiles.engine.connection_pool import ConnectionPool
from scenarios.wire.answer_head import Head


class UnkeptPool(ConnectionPool):
    """A connection for each attempt: made for it, and closed after its answer. So whoever asks never meets one that has died meanwhile."""

    def submit(self, attempt: Attempt) -> None:
        """Sends the attempt on a new connection."""
        self._promise(attempt, IdleConnections(), self._session)

    def submit_reconnected(self, attempt: Attempt) -> None:
        """The same: there is none to lose."""
        self.submit(attempt)

    def _shelve(self, connection: Connection) -> None:
        """Nobody waits any more for whom it was made."""
        connection.close()

    def replied(self, connection: Connection, attempt: Attempt, head: Head, data: bytes, start: int) -> None:
        """An answer is complete, and with it the connection's work."""
        super().replied(connection, attempt, head, data, start)
        connection.close()
