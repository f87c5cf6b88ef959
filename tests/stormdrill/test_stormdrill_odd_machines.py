"""How it is where a machine is not as ours: terminals of other characters, no home, proxies in the environment, odd paths."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from answering import JsonAnswers, answering

from chaos.handles.http import call
from mock_bank.layout.folders import layout
from mock_bank.processes.identity import Identity
from mock_bank.processes.spawning import _reason
from mock_bank.world import state
from scenarios.client.http import HttpClient
from scenarios.errors import BadInput
from scenarios.plan.operator_file import OPERATOR_VARIABLE, load_operator, operator_file
from scenarios.run.folder import revision
from scenarios.target.model import Target, World
from scenarios.wire.request_bytes import request_to
from stormdrill.commands.doctor import doctor
from stormdrill.commands.work import work
from stormdrill.rehearsal.world import running_world

C_TERMINAL = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": None}
"""Of an old machine, that knows neither UTF-8 nor what Python does about that."""


def said(*arguments: str, **environment: str | None) -> subprocess.CompletedProcess[bytes]:
    """What a command comes to, with these variables; None takes one away."""
    around = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
    return subprocess.run([sys.executable, "-m", *arguments], env=around, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "terminal",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "gbk"},
        C_TERMINAL,
    ],
    ids=["ascii", "gbk", "C"],
)
def test_what_a_terminal_cannot_show_is_said_all_the_same(terminal: dict[str, str | None]) -> None:
    """A mark that it does not have is another one; nothing ends in a traceback."""
    told = said("stormdrill", "doctor", **terminal)
    assert b"Traceback" not in told.stderr + told.stdout
    assert b"  + " in told.stdout, "what is well has its mark"
    told = said("stormdrill", "run", "没有", **terminal)
    assert told.returncode == 64
    assert told.stderr.count(b"\n") == 1
    assert b"there is no scenario" in told.stderr


def test_a_world_in_a_folder_of_any_name_is_found_missing_in_one_sentence(tmp_path: Path) -> None:
    """Spaces and Chinese are names as others; one that does not fit into a line is refused. So on a terminal that has neither."""
    for name in ("a b", "中文", "a'b"):
        told = said("stormdrill", "bank", "status", "--dir", str(tmp_path / name), PYTHONIOENCODING="ascii")
        assert (told.returncode, told.stderr.count(b"\n")) == (64, 1), told.stderr
        assert b"mock_bank: there is no world in " in told.stderr
    told = said("stormdrill", "bank", "status", "--dir", str(tmp_path / "a\nb"))
    assert (told.returncode, told.stderr.count(b"\n")) == (64, 1), told.stderr
    assert b"a world's folder cannot be" in told.stderr


def test_a_folder_whose_name_cannot_be_read_here_is_refused_for_that(tmp_path: Path) -> None:
    """Its name is no fault of its own where a terminal takes its bytes for ASCII: the reason, and what helps."""
    (tmp_path / "中文").mkdir()
    told = said("stormdrill", "bank", "status", "--dir", str(tmp_path / "中文"), **C_TERMINAL)
    assert (told.returncode, told.stderr.count(b"\n")) == (64, 1), told.stderr
    assert b"for names of files are read as ascii here; set PYTHONUTF8=1" in told.stderr
    assert b"lines" not in told.stderr
    told = said("stormdrill", "doctor", **C_TERMINAL, TMPDIR=str(tmp_path / "中文"), COLUMNS="200")
    assert (told.returncode, b"set PYTHONUTF8=1" in told.stdout) == (70, True), told.stdout


def test_a_machine_without_git_knows_no_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    """And rehearses all the same."""
    monkeypatch.setenv("PATH", "")
    assert revision() == ""


@pytest.mark.parametrize("host", ["a..b", "x" * 300, os.fsdecode(b"\xff")])
def test_a_master_with_a_name_that_nobody_can_have_is_not_known(host: str) -> None:
    """No name server needs to be asked."""
    with pytest.raises(BadInput, match=r"the master's host .* is not known"):
        work(master_host=host, master_port=1, wait=1)


def test_who_has_no_home_has_no_operators_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """No HOME, and no entry among the users of this machine: nothing is allowed by it, and nothing breaks."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv(OPERATOR_VARIABLE, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    assert not load_operator(operator_file()).hosts


def test_who_has_no_home_hears_nothing_of_it_from_what_draws() -> None:
    """Where its cache cannot be made, that is nobody's concern."""
    told = said("reports.output.charts.heatmap", HOME="/proc/nowhere", XDG_CONFIG_HOME=None, XDG_CACHE_HOME=None, MPLCONFIGDIR=None)
    assert (told.returncode, told.stderr) == (0, b"")


def test_an_operators_file_that_cannot_be_looked_for_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a home that is closed to this user; here the home's name is longer than any can be."""
    monkeypatch.setenv("HOME", str(tmp_path / ("x" * 300)))
    monkeypatch.delenv(OPERATOR_VARIABLE, raising=False)
    with pytest.raises(BadInput, match=f"cannot be read: .*; name another in {OPERATOR_VARIABLE}"):
        load_operator(operator_file())


class _Yes(JsonAnswers):
    def get(self) -> None:
        """Says yes."""
        self.say(200, {"code": "OK"})


def test_no_proxy_of_the_environment_is_asked_by_whatever_speaks_to_a_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by the control plane nor by faults and health, on loopback or elsewhere; this one would answer nothing."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with answering(_Yes) as base:
        assert call("GET", f"{base}/health").document == {"code": "OK"}
        elsewhere = base.replace("127.0.0.1", "uat.bank.invalid")
        target = Target.model_validate({"name": "t", "describe": "t", "services": {"all": {"base": elsewhere}}, "operations": {}})
        with HttpClient(target, {}, {"uat.bank.invalid": ["127.0.0.1"]}) as client:
            assert client.send(request_to("GET", f"{elsewhere}/", {}, None), 5).document == {"code": "OK"}


class _Supervisor(JsonAnswers):
    def get(self) -> None:
        """How its world is."""
        self.say(200, {"healthy": True, "path": self.path})


def test_no_proxy_of_the_environment_is_asked_about_a_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is on this machine's loopback: `bank status` and Locust find it all the same."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    folders, first = layout(tmp_path, os.getuid()), Identity.of(os.getpid())
    assert first is not None
    with answering(_Supervisor) as base:
        folders.settings.write_text(json.dumps({"first_process": {"pid": first.pid, "started": first.started}}))
        folders.topology.write_text(json.dumps({"control_token": "t", "supervisor": {"url": base}}))
        assert state(tmp_path)["healthy"] is True


def test_a_world_that_cannot_be_anywhere_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it was started, so nothing of it stays."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "a\nb"))
    left: list[str] = []
    refused = pytest.raises(BadInput, match=r"the world did not come up: mock_bank: a world's folder cannot be '.*a\\nb/")
    with refused, running_world(World(module="mock_bank"), "n", lambda _: None, left.append):
        pytest.fail("it is up")
    assert left == []


def test_the_doctor_knows_where_no_world_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a user without a name, and in a folder whose name is of two lines; with what to do."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999_999)
    assert doctor() == 70
    assert "an entry for" in " ".join(capsys.readouterr().out.split())
    monkeypatch.undo()
    (tmp_path / "a\nb").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "a\nb"))
    assert doctor() == 70
    assert "made of lines" in " ".join(capsys.readouterr().out.split())


INITDB = """The files belonging to this database system will be owned by user "nobody".
creating subdirectories ... ok
running bootstrap script ... 2026-11-27 20:20:11.123 UTC [12] FATAL:  could not write to file "pg_wal/xlogtemp.12": No space left on device
child process exited with exit code 1
initdb: removing contents of data directory "/tmp/x/data"
"""


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (INITDB, "could not write to file"),
        ("initdb: error: could not look up effective user ID 4711: user does not exist\n", "user ID 4711"),
        ("fine\nstrange\n", "strange"),
        ("", "it said nothing"),
    ],
)
def test_why_a_part_of_the_world_could_not_be_made_is_said_in_its_own_words(log: str, reason: str) -> None:
    """Its error, and not how it cleans up after that."""
    assert reason in _reason(log)
