"""The command line: options in, exit codes out. What a command does lives in the module of that name in `stormdrill/commands/`."""

import errno
import os
import sys
import traceback
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Annotated, Any

import typer

from scenarios.errors import EXIT_INVALID, EXIT_OWN_FAULT, EXIT_USAGE, BadInput, StormdrillError
from scenarios.harmless import clipped, clipped_path
from scenarios.own_code import ALLOW_CODE_VARIABLE
from scenarios.plugins import PATH_VARIABLE
from stormdrill.commands import bank, doctor, drill, evidence, heal, judge, mark, profile, report, run, stop, target, try_journey, work
from stormdrill.commands import list as list_command
from stormdrill.rehearsal.world import what_is_left

# Typer carries a click of its own and shows only some of its exceptions; the base of this one is all wrong usage.
_UsageError = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")

_MOST_SENTENCE = 2000
_INTERRUPTED = 130
"""What Typer makes of Ctrl-C."""

_REFUSED_PATHS = (errno.ENAMETOOLONG, errno.EACCES, errno.ELOOP, errno.ENOTDIR)
"""By what the system does not let us reach a path that was named."""

app = typer.Typer(
    name="stormdrill",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run.run)
app.command()(work.work)
app.command()(drill.drill)
app.command()(mark.mark)
app.add_typer(target.app, name="target")
app.command()(profile.profile)
app.command("try")(try_journey.try_journey)
app.command()(judge.judge)
app.command()(report.report)
app.command()(evidence.evidence)
app.command()(heal.heal)
app.command()(stop.stop)
app.command()(doctor.doctor)
app.command("list")(list_command.show)
app.command(context_settings=bank.SETTINGS, add_help_option=False)(bank.bank)


def _add_paths(folders: list[Path] | None) -> None:
    inherited = os.environ.get(PATH_VARIABLE, "")
    if folders:
        os.environ[PATH_VARIABLE] = os.pathsep.join([*map(os.path.realpath, folders), *filter(None, [inherited])])


def _allow_code(allowed: bool) -> None:  # noqa: FBT001 - an option's callback
    if allowed:
        os.environ[ALLOW_CODE_VARIABLE] = "1"


@app.callback()
def door(
    path: Annotated[
        list[Path] | None,
        typer.Option("--path", metavar="DIR", callback=_add_paths, help="a folder of your own scenarios, targets, journeys…"),
    ] = None,
    *,
    allow_code: Annotated[
        bool,
        typer.Option(
            "--allow-code", callback=_allow_code, help="let a target's file name code: a signing hook, a cipher, an action of Chaos Toolkit"
        ),
    ] = False,
) -> None:
    """Rehearse a mobile-banking campaign before launch: the crowd, the failures, the audit, one word."""


def command_line() -> Any:
    """All commands; the door's own options are taken before and behind each of them."""
    group: Any = typer.main.get_command(app)
    _share(group, [option for option in group.params if option.name != "help"])
    return group


def _share(group: Any, options: list[Any]) -> None:
    for command in group.commands.values():
        if hasattr(command, "commands"):
            _share(command, options)
        for option in options:
            command.params.append(copy(option))
            command.params[-1].expose_value = False


def run_command_line(arguments: list[str]) -> int:
    """Runs a command; returns its exit code. A user's mistake is one sentence on stderr and 64, never the library's 2."""
    try:
        return _told(arguments)
    except KeyboardInterrupt:  # one more, while another one was answered
        return _fail(f"stopped; {what_is_left()}", EXIT_OWN_FAULT)


def _told(arguments: list[str]) -> int:
    """Runs a command and says how it failed; gives its exit code."""
    try:
        code = command_line()(arguments or ["--help"], standalone_mode=False)
    except BadInput as error:
        return _fail(str(error), EXIT_USAGE)
    except StormdrillError as error:
        return _fail(f"INVALID: {error}" if error.exit_code == EXIT_INVALID else str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: a fault of our own has its exit code, and its traceback for us
        if isinstance(error, _UsageError) or _of_a_path(error):
            return _fail(_one_line(error), EXIT_USAGE)
        traceback.print_exc()
        return _fail("a fault of its own, see above", EXIT_OWN_FAULT)
    if code == _INTERRUPTED:
        return _fail(f"stopped; {what_is_left()}", EXIT_OWN_FAULT)
    return code if isinstance(code, int) else 0


def _of_a_path(error: Exception) -> bool:
    """Whether the system refuses a path: wherever that shows first, it is whoever named it who can mend it."""
    return isinstance(error, OSError) and error.filename is not None and error.errno in _REFUSED_PATHS


def _one_line(error: Exception) -> str:
    """What is wrong, and where to read what is allowed."""
    if isinstance(error, OSError):
        if error.errno == errno.ENAMETOOLONG:
            return f"{clipped(error.filename)}: is too long for the name of a file"
        return f"{clipped_path(error.filename)}: cannot be reached: {(error.strerror or type(error).__name__).lower()}"
    message = str(getattr(error, "format_message", error.__str__)())
    context = getattr(error, "ctx", None)
    hint = f"; see: {context.command_path} --help" if context else ""
    return " ".join(message.split()).rstrip(".") + hint


def _fail(sentence: str, code: int) -> int:
    with suppress(OSError):  # its terminal may be gone
        sys.stderr.write(f"stormdrill: {clipped(sentence, _MOST_SENTENCE)}\n")
    return code
