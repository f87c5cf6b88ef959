"""What an answer may say, and with which HTTP status. These are everybody's; a feature's own stand in its folder."""

from typing import Final, Self


class Code(str):
    """A code of the envelope, with its HTTP status and its message. A business refusal is 409; nothing is ever "200 but no"."""

    __slots__ = ("message", "status")
    status: int
    message: str

    def __new__(cls, name: str, status: int, message: str) -> Self:
        """The name is the text itself, so that a code that SQL returns is equal to it."""
        self = super().__new__(cls, name)
        self.status = status
        self.message = message
        return self


OK: Final = Code("OK", 200, "done")
ACCEPTED: Final = Code("ACCEPTED", 202, "accepted")
BAD_PARAM: Final = Code("BAD_PARAM", 400, "the request is not as the API describes it")
IDEMPOTENCY_KEY_MISSING: Final = Code(
    "IDEMPOTENCY_KEY_MISSING", 400, "send an Idempotency-Key of 8 to 64 letters, digits, dots, colons, dashes"
)
IDEMPOTENCY_IN_PROGRESS: Final = Code("IDEMPOTENCY_IN_PROGRESS", 409, "a request with this Idempotency-Key is under way")
IDEMPOTENCY_MISMATCH: Final = Code("IDEMPOTENCY_MISMATCH", 422, "this Idempotency-Key was used for another request")
TOKEN_EXPIRED: Final = Code("TOKEN_EXPIRED", 401, "log in again")
TOKEN_INVALID: Final = Code("TOKEN_INVALID", 401, "log in first")
FORBIDDEN: Final = Code("FORBIDDEN", 403, "not allowed")
NOT_FOUND: Final = Code("NOT_FOUND", 404, "no such thing")
METHOD_NOT_ALLOWED: Final = Code("METHOD_NOT_ALLOWED", 405, "no such method here")
SYSTEM_BUSY: Final = Code("SYSTEM_BUSY", 503, "busy; nothing was done")
SYSTEM_ERROR: Final = Code("SYSTEM_ERROR", 500, "an error of the service; nothing was done")
TXN_UNKNOWN: Final = Code("TXN_UNKNOWN", 500, "it may have been done; ask for its status or repeat with the same key")

EVERYBODYS: Final = (
    *(OK, ACCEPTED, BAD_PARAM, IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_MISMATCH, TOKEN_EXPIRED, TOKEN_INVALID),
    *(FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, SYSTEM_BUSY, SYSTEM_ERROR, TXN_UNKNOWN),
)


class RefusedError(Exception):
    """Ends a request with a code and no data."""

    def __init__(self, code: Code, detail: str = "", retry_after_s: float = 1.0) -> None:
        """Keep the code; a detail takes the place of the code's message. Of a 503, when it may be worth coming again."""
        super().__init__(detail or code.message)
        self.code, self.retry_after_s = code, retry_after_s
