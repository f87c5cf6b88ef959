"""The one base exception, and the exit codes of the door."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

EXIT_PASS = 0
EXIT_FAIL = 1
EXIT_INVALID = 2
EXIT_USAGE = 64
EXIT_OWN_FAULT = 70

_MOST_PATH = 1000
"""Characters of a name; what is wrong with it stands behind them."""


class StormdrillError(Exception):
    """Anything the user is told in one sentence instead of a traceback."""

    exit_code = EXIT_OWN_FAULT


class BadInput(StormdrillError):
    """A file, option or value that cannot be used: says where, what, and what is allowed."""

    exit_code = EXIT_USAGE

    def __init__(self, what: str, *, path: Path | str | None = None, line: int | None = None) -> None:
        """`what` is the sentence; `path` and `line` (1-based) are put before it."""
        shown = str(path) if len(str(path)) <= _MOST_PATH else f"{str(path)[:_MOST_PATH]}…"
        where = "" if path is None else f"{shown}:{line}: " if line else f"{shown}: "
        super().__init__(f"{where}{what}")
        self.what = what
        self.path = path
        self.line = line


class Untrusted(StormdrillError):
    """The rehearsal cannot be trusted, so it proves nothing: INVALID."""

    exit_code = EXIT_INVALID


def error_of(exit_code: int) -> type[StormdrillError]:
    """The kind of error that another process has ended with."""
    return {kind.exit_code: kind for kind in (BadInput, Untrusted)}.get(exit_code, StormdrillError)


def choices(name: str, there: Iterable[str], what: str = "there are") -> str:
    """What could have been meant by a name that there is not: the end of a sentence that says so."""
    names = list(there)
    close = get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}{what}: {', '.join(names) or 'none'}"


class Misfit(ValueError):
    """Parts of a file that do not fit together; `loc` is the path to the part whose line is to be named."""

    def __init__(self, what: str, *loc: str | int) -> None:
        """The sentence, and the path."""
        super().__init__(what)
        self.loc = loc
