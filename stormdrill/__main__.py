"""Starts the door. Reads under any Python 3, so that one that is too old gets a sentence and not a traceback."""

import gc
import os
import signal
import sys


def main() -> None:
    """Runs the command line; exit codes as in docs/architecture.md."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to end in order, Ctrl-C ends it without a traceback
    if sys.version_info < (3, 11):  # noqa: UP036 - the very thing that is checked
        sys.stderr.write("stormdrill: needs Python 3.11 or later; this is {}.{}\n".format(*sys.version_info[:2]))
        sys.exit(64)
    os.umask(0o077)  # what it writes is its user's alone, whatever the shell says
    os.environ["PYTHONSAFEPATH"] = "1"  # a copy.py that lies where the user stands is no module of the processes that are started
    gc.disable()  # for as long as only modules are made, which all stay: a third of a command's time would go into looking at them
    from scenarios.terminal import speak_to_any_terminal  # noqa: PLC0415 - after the check
    from stormdrill.cli import run_command_line  # noqa: PLC0415 - as above
    from stormdrill.rehearsal.interrupts import ignore_signals, raise_at_signals  # noqa: PLC0415 - as above

    gc.freeze()
    gc.enable()
    speak_to_any_terminal()
    raise_at_signals()
    code = run_command_line(sys.argv[1:])
    ignore_signals()
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
