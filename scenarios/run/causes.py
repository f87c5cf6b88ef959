"""Why an attempt had no good answer, in a few words, as far as its record tells."""

from scenarios.run.records import FLAG_CENSORED, FLAG_NOT_SENT, FLAG_RESET, FLAG_TIMEOUT, FLAG_UNSENT

_BROKEN = (
    (FLAG_UNSENT, "never sent, by the generator's own fault"),
    (FLAG_NOT_SENT | FLAG_CENSORED, "no connection when the run drained"),
    (FLAG_CENSORED, "unanswered when the run drained"),
    (FLAG_NOT_SENT | FLAG_TIMEOUT, "no connection in time"),
    (FLAG_NOT_SENT, "no connection: refused, or not trusted"),
    (FLAG_TIMEOUT, "no answer in time"),
    (FLAG_RESET, "connection lost before the answer"),
)
"""What all of these flags together say; the first that fits."""

_FIRST_ERROR = 400


def cause(status: int, flags: int) -> str:
    """The cause of a sample's outcome, where that is none of NO_ERROR."""
    for wanted, text in _BROKEN:
        if flags & wanted == wanted:
            return text
    if not status:
        return "an answer that is not HTTP, or is too long"
    return f"HTTP {status}" + (", which the target's file takes for no success" if status < _FIRST_ERROR else "")
