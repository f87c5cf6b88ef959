"""Whatever lies where a program looks for a file, it says so or passes it over: it never waits, and reads nothing that has no end."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.errors import OutOfReach
from chaos.handles.topology import read_topology
from chaos.target_handles import Handles, world_gone
from locustfiles.distributed.build_fingerprint import digest
from locustfiles.locust_adapter.standalone import StandaloneOptions, make_run
from scenarios.errors import EXIT_USAGE, BadInput, StormdrillError
from scenarios.own_code import ALLOW_CODE_VARIABLE, PATH_VARIABLE
from scenarios.run.events import EventTail
from scenarios.run.readback_tables import stored_rows
from scenarios.safe_reading import Unreadable
from scenarios.target.ciphers import cipher
from scenarios.target.people import Data, read_people
from scenarios.target.services import Tls
from stormdrill import cli
from stormdrill.rehearsal import runs_under_way
from stormdrill.rehearsal.world import RunningWorld

pytestmark = pytest.mark.timeout(20)


def _hole(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


THINGS: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": lambda path: path.mkdir(),
    "a terabyte of nothing": _hole,
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "no UTF-8": lambda path: path.write_bytes(b'{"a": "\xff\xfe\x00"}\n'),
    "deep lists": lambda path: path.write_bytes(b"[" * 200_000 + b"]" * 200_000),
    "a number": lambda path: path.write_bytes(b"-7\n"),
}


@pytest.fixture(params=THINGS)
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder in which one of these stands in the place of each file."""
    for ending in ("json", "jsonl", "csv", "py"):
        THINGS[request.param](tmp_path / f"thing.{ending}")
    return tmp_path


def test_a_topology_that_is_none_is_out_of_reach_and_proves_no_death(odd: Path) -> None:
    """Its reader names the file; a world is not taken for gone by it, and nobody has its secrets."""
    with pytest.raises(OutOfReach, match=r"thing\.json: (is|has|cannot)"):
        read_topology(odd / "thing.json")
    assert not world_gone(odd / "thing.json")
    handles = Handles(topology_file=odd / "thing.json", world_secrets={"TOKEN": "token"})
    assert handles.secret_values() == {}


def test_a_rehearsal_names_the_topology_that_it_cannot_read(odd: Path) -> None:
    """The door's own world, and one that Locust's user names."""
    with pytest.raises(StormdrillError, match=r"thing\.json, which the world has written, (is|has|cannot)"):
        RunningWorld("mock_bank", odd, odd / "thing.json").facts()
    asked = StandaloneOptions("smoke", "", None, odd / "runs", odd / "thing.json")
    with pytest.raises(BadInput, match=r"thing\.json: is no topology of a world"):
        make_run(asked, 1)
    assert not (odd / "runs").exists()


def test_runs_under_way_are_found_beside_what_is_none(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is passed over, whatever it is."""
    monkeypatch.setattr(runs_under_way, "_folder", lambda: odd)
    assert runs_under_way.under_way() == []


def test_rows_of_the_read_back_are_read_as_rows_alone(odd: Path) -> None:
    """A table that is none is named."""
    with pytest.raises(Unreadable, match=r"^thing\.jsonl (is|has|cannot)"):
        list(stored_rows(odd, "thing"))


def test_events_that_cannot_be_followed_are_left_to_the_judge(odd: Path) -> None:
    """Whoever follows a run goes on with the others' events."""
    assert EventTail(odd).take() == []


def test_people_who_cannot_be_read_are_refused_at_once(odd: Path) -> None:
    """By the file, as it is loaded and whenever it is read again: it may have been exchanged since."""
    with pytest.raises(BadInput, match=r"thing\.csv:1?:? ?(is|has|names|cannot)"):
        read_people(Data.model_construct(file=str(odd / "thing.csv"), encoding="utf-8", customer=None))


def test_a_cipher_whose_file_cannot_be_read_is_refused(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one that has no such function."""
    monkeypatch.setenv(ALLOW_CODE_VARIABLE, "1")
    monkeypatch.setenv(PATH_VARIABLE, str(odd))
    with pytest.raises(BadInput, match="thing"):
        cipher("thing:hide")


def test_what_a_worker_is_made_of_is_told_whatever_lies_there(odd: Path) -> None:
    """A file that cannot be read makes a difference, and no wait."""
    assert digest([odd]) == digest([odd])
    (odd / "more.py").touch()
    assert digest([odd]) != digest([odd / "more.py"])


def test_a_file_that_a_target_names_is_said_to_be_what_it_is(odd: Path) -> None:
    """With the file in which it is named, so that a relative path is found."""
    if not (odd / "thing.json").is_file():
        with pytest.raises(ValueError, match=r"thing\.json (is|cannot)"):
            Tls.model_validate({"ca": "thing.json"}, context={"folder": str(odd)})


def test_what_the_system_does_not_let_us_reach_is_no_fault_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link that leads round is as closed to root as another's folder is to everybody else: one sentence, by whichever command."""
    monkeypatch.setenv(PATH_VARIABLE, "")  # which --path sets
    (tmp_path / "round.yaml").symlink_to(tmp_path / "round.yaml")
    closed = str(tmp_path / "round.yaml")
    commands = (["run", closed], ["target", "check", closed], ["judge", closed], ["--path", closed, "list"], ["evidence", closed])
    for command in commands:
        assert cli.run_command_line(command) == EXIT_USAGE, command
        said = capsys.readouterr().err
        assert "too many levels of symbolic links" in said, command
        assert said.count("\n") == 1, said


def test_a_path_that_is_refused_anywhere_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever came upon it first; of any other fault the traceback stays."""

    def refused(*_arguments: object, **_more: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", "/closed/ca.pem")

    monkeypatch.setattr(cli, "command_line", lambda: refused)
    assert cli.run_command_line(["list"]) == EXIT_USAGE
    assert capsys.readouterr().err == "stormdrill: /closed/ca.pem: cannot be reached: permission denied\n"
