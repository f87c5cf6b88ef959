"""What is said on a terminal that has not all of our characters: it is said all the same, in those that it has."""

import codecs
import io
import sys

_SPELLED = {"✓": "+", "✗": "x", "·": "-", "…": "...", "—": "-", "→": "->", "×": "x", "≥": ">=", "≤": "<=", "“": '"', "”": '"', "’": "'"}
_NAME = "spelled"


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_SPELLED.get(each) or each.encode("ascii", "backslashreplace").decode() for each in missing), error.end


codecs.register_error(_NAME, _spelled)


def speak_to_any_terminal() -> None:
    """From now on, no character keeps this process from saying something on its standard output and its standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None where it was closed from the beginning
            stream.reconfigure(errors=_NAME)
