"""Starts the door. Reads under any Python 3, so that one that is too old gets a sentence and not a traceback."""

import os
import sys


def main() -> None:
    """Runs the command line; exit codes as in docs/architecture.md."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the very thing that is checked
        sys.stderr.write("stormdrill: needs Python 3.11 or later; this is {}.{}\n".format(*sys.version_info[:2]))
        sys.exit(64)
    os.umask(0o077)  # what it writes is its user's alone, whatever the shell says
    from stormdrill.cli import run_command_line  # noqa: PLC0415 - after the check
    from stormdrill.rehearsal.interrupts import raise_at_signals  # noqa: PLC0415 - as above

    raise_at_signals()
    code = run_command_line(sys.argv[1:])
    _give_up_lost_outputs()
    sys.exit(code)


def _give_up_lost_outputs() -> None:
    """What a closed terminal or pipe does not take any more must not change the exit code, as it would at the interpreter's end."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None where it was closed from the beginning
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
