"""``python -m mock_bank up|down|status``: the embedded target, by itself."""

import argparse
import contextlib
import io
import json
import os
import secrets
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from mock_bank import world
from mock_bank.errors import WorldError
from mock_bank.layout.folders import default_world
from mock_bank.layout.settings import Settings
from mock_bank.processes.identity import Identity
from mock_bank.services.kit.switches import switches
from mock_bank.supervisor import status_table

_OLDEST = (3, 11)
_LONGEST_S = 3600
_LONGEST_PID = 10  # digits


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence, and 64 rather than argparse's 2, which means INVALID elsewhere in this project."""
        raise WorldError(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m mock_bank", description="Two data centres with a bank and a reference campaign service.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    up = commands.add_parser("up", help="start a world and return when everything serves; prints the path of its topology.json")
    down = commands.add_parser("down", help="end a world and remove everything of it")
    status = commands.add_parser("status", help="show a world's parts and their health")
    for command in (up, down, status):
        command.add_argument("--dir", type=Path, help="the world's folder (default: a private one under the system's temporary folder)")
    status.add_argument("--json", action="store_true", help="as JSON, with the topology")
    up.add_argument("--nonce", default="", help="the mark by which the world proves whose it is (default: random)")
    up.add_argument("--owner", type=_process, metavar="PID", help="the process with which the world goes (default: it stays)")
    up.add_argument("--switch", action="append", default=[], metavar="NAME[=VALUE]", help="one of the options below, and of no others")
    _add_switches(up.add_argument_group("switches"))
    return parser


def _add_switches(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """What a target's file may choose of its world, with --switch; where the world lives and whose it is are no such things."""
    parser.add_argument("--durability", choices=("sync", "async"), default="sync", help="whether commits wait for the standby")
    parser.add_argument("--failover", choices=("supervisor", "patroni"), default="supervisor", help="who decides which database leads")
    parser.add_argument("--rejoin", choices=("auto", "hold"), default="auto", help="whether a lost database comes back by itself")
    parser.add_argument("--patience", type=_seconds, default=5.0, help="seconds that commits wait for a lost standby before going on alone")
    parser.add_argument("--autoscale", action="store_true", help="whether the campaign service gets more nodes when it is full, up to four")
    parser.add_argument("--nice", type=int, default=5, choices=range(20), metavar="0..19", help="how much lower the parts' priority is")
    parser.add_argument("--for-tests", action="store_true", help="a world in which defects can be switched on")
    for switch in switches().values():
        parser.add_argument(
            _option(switch.name), action="append_const", dest="switches", const=switch.name, help=f"a defect, for tests: {switch.defect}"
        )


def _option(switch: str) -> str:
    return f"--{switch.replace('_', '-')}"


def _switched(arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments with those of --switch, which another program's file has chosen."""
    parser = _Parser(prog="--switch", add_help=False, allow_abbrev=False)
    _add_switches(parser)
    known = [action.option_strings[0].removeprefix("--") for action in parser._actions]  # noqa: SLF001 - argparse tells nobody else
    for switch in arguments.switch:
        if switch.partition("=")[0] not in known:
            raise WorldError(f"the world has no switch {switch.partition('=')[0]!r}; it has {', '.join(known)}")
    return parser.parse_args([f"--{switch}" for switch in arguments.switch], arguments)


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= _LONGEST_S:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to {_LONGEST_S}")


def _process(text: str) -> Identity:
    identity = Identity.of(int(text)) if text.isdecimal() and len(text) < _LONGEST_PID else None
    if identity is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no living process's pid")
    return identity


def _check_name(directory: Path) -> None:
    try:
        str(directory).encode()
    except UnicodeEncodeError:  # its bytes stand there as halves of surrogate pairs
        name, read = os.fsencode(directory).decode(errors="replace"), sys.getfilesystemencoding()
        advice = "set PYTHONUTF8=1 or LC_ALL=C.UTF-8, or name another one"
        raise WorldError(f"a world's folder cannot be {name!r}, for names of files are read as {read} here; {advice}") from None
    if not str(directory).isprintable():
        raise WorldError(f"a world's folder cannot be {str(directory)!r}, for its configuration is made of lines; name another one")


def _run(arguments: argparse.Namespace) -> None:
    directory = arguments.dir or default_world()
    _check_name(directory)
    if arguments.command == "up":
        arguments = _switched(arguments)
        defects = tuple(arguments.switches or ())
        if defects and not arguments.for_tests:
            raise WorldError(f"{_option(defects[0])} is a defect; only a world that is started with --for-tests may have it")
        settings = Settings(
            directory=str(directory),
            nonce=arguments.nonce or secrets.token_hex(8),
            owner=(arguments.owner.pid, arguments.owner.started) if arguments.owner else None,
            durability=arguments.durability,
            failover=arguments.failover,
            rejoin=arguments.rejoin,
            patience_s=arguments.patience,
            autoscale=arguments.autoscale,
            nice=arguments.nice,
            for_tests=arguments.for_tests,
            switches=defects,
        )
        _print(str(world.up(settings, lambda what: _tell(f"starting {what}"))))
    elif arguments.command == "down":
        _tell("down" if world.down(directory) else f"there is no world in {directory}")
    else:
        state = world.state(directory)
        _print(json.dumps(state, indent=1) if arguments.json else status_table.render(state))


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    """The command; returns its exit code."""
    if sys.version_info < _OLDEST:
        _tell(f"Python {sys.version.split()[0]} is too old; 3.11 or later is needed")
        return 64
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a path may hold what the terminal does not have
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        _run(_parser().parse_args())
    except WorldError as error:
        _tell(f"mock_bank: {error}")
        return error.exit_code
    except PermissionError as error:
        _tell(f"mock_bank: {error.filename} is closed to this user; name another --dir")
        return WorldError.exit_code
    except KeyboardInterrupt:
        _tell("mock_bank: interrupted; nothing is left running")
        return 70
    return 0


if __name__ == "__main__":
    sys.exit(main())
