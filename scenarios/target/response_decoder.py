"""Understanding answers fast: headers are looked at only when asked for, and what the status alone decides is decided once."""

from orjson import JSONDecodeError, loads

from scenarios.run.outcomes import Outcome
from scenarios.target.operation_codec import Answer, OperationCodec, TransportError
from scenarios.target.responses import Response, by_status_alone
from scenarios.wire.answer_head import Head


class _Read(Response):
    """An answer whose document is read at once, since something in it decides. One for all answers of an operation, one after the other."""

    __slots__ = ("document",)

    document: object


class ResponseDecoder:
    """Understands the answers of one operation; the same as `OperationCodec.decode`, only faster."""

    def __init__(self, codec: OperationCodec) -> None:
        """Learns as answers come."""
        self._codec = codec
        self._answer = codec.answer
        self._has_site = codec.has_site
        self._opener = codec.opener
        self._known: dict[int, tuple[Answer | None, Outcome | None, int | None]] = {}
        self._response = _Read(0, {}, b"")
        self._broken = {how: codec.without_response(how) for how in TransportError}

    def decode(self, head: Head, data: bytes, start: int) -> Answer:
        """What an answer came to; its body is `data` from `start` on."""
        known = self._known.get(head.status)
        answer, outcome, code = self._learn(head.status) if known is None else known
        if answer is not None:
            return answer
        body = data[start:]
        response: Response = self._response
        response.status = head.status
        response.headers = head.headers
        response.body = body
        try:
            self._response.document = loads(body)
        except JSONDecodeError:
            response = self.response(head, body)
        else:  # ASCII is the same in all character sets
            if self._opener is not None or (not body.isascii() and head.content is not None):
                response = self.response(head, body)
        if outcome is None:
            outcome = self._codec.outcome(response)
        site = head.site if self._has_site else ""
        if site is None:
            site = self._codec.site(response)
            head.site = site if self._codec.site_in_head else None
        return self._answer(response, outcome, self._codec.code(response) if code is None else code, site)

    def response(self, head: Head, body: bytes) -> Response:
        """The answer as it is meant: decrypted, where it came encrypted."""
        response = Response.of(head, body)
        return response if self._opener is None else self._opener(response)

    def _learn(self, status: int) -> tuple[Answer | None, Outcome | None, int | None]:
        codec = self._codec
        answer = by_status_alone(codec.decode, status)
        found = answer, by_status_alone(codec.outcome, status), by_status_alone(codec.code, status)
        self._known[status] = found
        return found

    @staticmethod
    def retry_after(head: Head) -> str:
        """When an answer that turned the customer away says they may come back; empty where it does not."""
        return head.headers.get("retry-after") or ""

    def without_response(self, how: TransportError) -> Answer:
        """What an attempt without an answer came to."""
        return self._broken[how]
