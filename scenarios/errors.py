"""The one base exception, and the exit codes of the door."""

from pathlib import Path

EXIT_PASS = 0
EXIT_FAIL = 1
EXIT_INVALID = 2
EXIT_USAGE = 64
EXIT_OWN_FAULT = 70


class StormdrillError(Exception):
    """Anything the user is told in one sentence instead of a traceback."""

    exit_code = EXIT_OWN_FAULT


class BadInput(StormdrillError):
    """A file, option or value that cannot be used: says where, what, and what is allowed."""

    exit_code = EXIT_USAGE

    def __init__(self, what: str, *, path: Path | str | None = None, line: int | None = None) -> None:
        """`what` is the sentence; `path` and `line` (1-based) are put before it."""
        where = "" if path is None else f"{path}:{line}: " if line else f"{path}: "
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


class Misfit(ValueError):
    """Parts of a file that do not fit together; `loc` is the path to the part whose line is to be named."""

    def __init__(self, what: str, *loc: str | int) -> None:
        """The sentence, and the path."""
        super().__init__(what)
        self.loc = loc
