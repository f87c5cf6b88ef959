"""What an answer may say, and with which HTTP status."""

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """Every code that a service can put in its envelope."""

    OK = "OK"
    ACCEPTED = "ACCEPTED"
    SOLD_OUT = "SOLD_OUT"
    LIMIT_REACHED = "LIMIT_REACHED"
    ALREADY_CLAIMED = "ALREADY_CLAIMED"
    NOT_STARTED = "NOT_STARTED"
    ENDED = "ENDED"
    ALREADY_REDEEMED = "ALREADY_REDEEMED"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    NOT_REVERSIBLE = "NOT_REVERSIBLE"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    BAD_PARAM = "BAD_PARAM"
    IDEMPOTENCY_KEY_MISSING = "IDEMPOTENCY_KEY_MISSING"
    IDEMPOTENCY_IN_PROGRESS = "IDEMPOTENCY_IN_PROGRESS"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code, not a secret
    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105 - a code, not a secret
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    ACCOUNT_NOT_FOUND = "ACCOUNT_NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    CAMPAIGN_PAUSED = "CAMPAIGN_PAUSED"
    SYSTEM_BUSY = "SYSTEM_BUSY"
    SYSTEM_ERROR = "SYSTEM_ERROR"
    TXN_UNKNOWN = "TXN_UNKNOWN"


# Status and message. A business refusal is 409; nothing is ever "200 but no".
ANSWERS: Final[dict[Code, tuple[int, str]]] = {
    Code.OK: (200, "done"),
    Code.ACCEPTED: (202, "accepted"),
    Code.SOLD_OUT: (409, "nothing is left"),
    Code.LIMIT_REACHED: (409, "the customer's limit is reached"),
    Code.ALREADY_CLAIMED: (409, "the customer has had this already"),
    Code.NOT_STARTED: (409, "not open yet"),
    Code.ENDED: (409, "over"),
    Code.ALREADY_REDEEMED: (409, "the coupon has been redeemed"),
    Code.AMOUNT_MISMATCH: (409, "the amount is not the coupon's"),
    Code.INSUFFICIENT_FUNDS: (409, "insufficient funds"),
    Code.NOT_REVERSIBLE: (409, "the payment cannot be reversed"),
    Code.ALREADY_EXISTS: (409, "it exists; say replace to start it afresh"),
    Code.BAD_PARAM: (400, "the request is not as the API describes it"),
    Code.IDEMPOTENCY_KEY_MISSING: (400, "send an Idempotency-Key of 8 to 64 letters, digits, dots, colons, dashes"),
    Code.IDEMPOTENCY_IN_PROGRESS: (409, "a request with this Idempotency-Key is under way"),
    Code.IDEMPOTENCY_MISMATCH: (422, "this Idempotency-Key was used for another request"),
    Code.TOKEN_EXPIRED: (401, "log in again"),
    Code.TOKEN_INVALID: (401, "log in first"),
    Code.BAD_CREDENTIALS: (401, "number and phone do not match"),
    Code.FORBIDDEN: (403, "not allowed"),
    Code.NOT_FOUND: (404, "no such thing"),
    Code.ACCOUNT_NOT_FOUND: (404, "no such account"),
    Code.METHOD_NOT_ALLOWED: (405, "no such method here"),
    Code.CAMPAIGN_PAUSED: (503, "the campaign is paused"),
    Code.SYSTEM_BUSY: (503, "busy; nothing was done"),
    Code.SYSTEM_ERROR: (500, "an error of the service; nothing was done"),
    Code.TXN_UNKNOWN: (500, "it may have been done; ask for its status or repeat with the same key"),
}


class RefusedError(Exception):
    """Ends a request with a code and no data."""

    def __init__(self, code: Code, detail: str = "") -> None:
        """Keep the code; a detail takes the place of the code's message."""
        super().__init__(detail or ANSWERS[code][1])
        self.code = code
