"""A connection of HTTP/2: what a customer's device has, with one stream at a time, so all that holds of `Connection` holds of it."""

from locustfiles.engine.attempt import Attempt
from locustfiles.engine.connection import Connection, ConnectionOwner
from scenarios.target.operation_codec import TransportError
from scenarios.wire.answer_parser import NotHttpError
from scenarios.wire.http2 import Http2Exchange, NotAnsweredError


class Http2Connection(Connection):
    """At most one attempt at a time is under way on it, over TLS."""

    __slots__ = ("_exchange",)

    def __init__(self, owner: ConnectionOwner) -> None:
        """Heads that its owner knows already are known here."""
        super().__init__(owner, None)
        self._parser = self._exchange = Http2Exchange(known=owner.heads)

    def send(self, attempt: Attempt, deadline_ns: int) -> None:
        """Sends an attempt's bytes, as far as the service gives leave; its end comes to the owner."""
        self.attempt = attempt
        self.deadline_ns = deadline_ns
        self._transport.write(self._exchange.ask(attempt.data))

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer, or of what a connection needs beside."""
        attempt, exchange = self.attempt, self._exchange
        try:
            complete = exchange.feed(data)
        except NotHttpError as error:
            self._owner.cannot_read(str(error))
            self._end(TransportError.GARBLED)
            return
        except NotAnsweredError as error:
            self._end(TransportError.REFUSED if error.refused else TransportError.RESET)
            return
        if exchange.tells:  # not now: whoever the answer goes to may close the connection
            self._owner.soon(self._tell, TransportError.RESET)
        if attempt is not None and complete:
            self._finish(attempt)
        elif attempt is None and not exchange.keeps:
            self.close()

    def _tell(self, _how: TransportError) -> None:
        """Sends what the service must be told, or has given leave for."""
        if self.alive and (told := self._exchange.told()):
            self._transport.write(told)
