"""Bad input gets one clear sentence and exit code 64, and leaves nothing behind."""

import subprocess
import tempfile
from collections.abc import Callable

import pytest
from rehearsing import SHORT, Lab, Outcome, left_running, said

from scenarios.plugins import PATH_VARIABLE, PROJECT
from stormdrill.cli import run_command_line


@pytest.fixture
def call(lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """The command line as the lab calls it, in this process: half a second less than an interpreter of its own takes to start."""
    monkeypatch.chdir(lab.folder)
    monkeypatch.setenv(PATH_VARIABLE, "")
    monkeypatch.setattr(tempfile, "tempdir", str(lab.temporary))

    def called(*arguments: str) -> Outcome:
        code = run_command_line(["--path", str(lab.folder), *arguments])
        return Outcome(code, *capsys.readouterr())

    return called


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "flash-sail"], "did you mean 'flash-sale'"),
        (["run", "--target", "moon"], "there is no target 'moon'"),
        (["run", "--sede", "3"], "no such option: --sede"),
        (["run", "--workers", "0"], "--workers"),
        (["run", "--workers", "65"], "65 load processes are too many for one machine; allowed: 64"),
        (["run", "--master", "--web"], "it cannot be combined with --master"),
        (["run", "--master", "--master-bind-host", "192.0.2.1"], "no master can listen on 192.0.2.1:5557"),
        (["work"], "--master-host"),
        (["--path", "nowhere", "work", "--master-host", "127.0.0.1"], "is not there"),
        (["run", "--seed", "x"], "--seed"),
        (["run", "--seed", "9" * 20], "--seed"),
        (["run", "--wait", "nan"], "--wait"),
        (["judge", "nowhere"], "is no run folder"),
        (["report", "nowhere"], "is no run folder"),
        (["drill", "earthquake"], "there is no drill 'earthquake'"),
        (["--path", "nowhere", "list"], "is not there"),
        (["run", "smoke", "--out", "/proc/nowhere"], "cannot make a run folder"),
        (["run", "smoke", "--metrics", "nowhere"], "is no place for metrics; allowed: PORT, HOST:PORT, otlp:http://HOST:PORT"),
    ],
)
def test_a_wrong_call_is_one_sentence(call: Callable[..., Outcome], arguments: list[str], says: str) -> None:
    """What is wrong and what is allowed; never a traceback, never the library's exit code 2."""
    _is_one_sentence(call(*arguments), says)


@pytest.mark.parametrize(("arguments", "says"), [(["rnu"], "no such command 'rnu'"), (["bank", "down", "--sideways"], "--sideways")])
def test_a_wrong_call_of_a_program_of_its_own_is_too(lab: Lab, arguments: list[str], says: str) -> None:
    """As a shell starts it, and where it becomes another program."""
    _is_one_sentence(lab.call(*arguments), says)


def _is_one_sentence(outcome: Outcome, says: str) -> None:
    assert outcome.code == 64, said(outcome)
    assert says.lower() in outcome.err.lower(), said(outcome)
    assert "Traceback" not in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1, said(outcome)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"phase": []}, "unknown key 'phase'; did you mean 'phases'"),
        ({"phases": [{"name": "sale", "lasts": "10 s", "arrivals": "-1/s"}]}, "is no rate"),
        ({"phases": [{"name": "sale", "lasts": "0 s", "arrivals": "1/s"}]}, "greater than or equal to 0.001"),
        ({"gates": ["p99 of claim.sumbit <= 1 s"]}, "there is no operation 'claim.sumbit'; did you mean 'claim.submit'"),
        ({"mix": {"flash-sail": 1}}, "there is no journey 'flash-sail'; did you mean 'flash-sale'"),
        ({"waive": [{"check": "no-overselling", "reason": "we like to oversell"}]}, "there is no check 'no-overselling'"),
    ],
)
def test_a_wrong_scenario_is_one_sentence(lab: Lab, call: Callable[..., Outcome], changes: dict[str, object], says: str) -> None:
    """Found before anything is started."""
    outcome = call("run", lab.scenario(SHORT, **changes), "--out", str(lab.runs))
    assert outcome.code == 64, said(outcome)
    assert says in outcome.err, said(outcome)
    assert len(outcome.err.strip().splitlines()) == 1
    assert not lab.runs.exists()
    assert not left_running(lab)


@pytest.mark.parametrize(
    ("file", "text", "line", "says"),
    [
        ("chaos/faults/puff.py", "x = (\n", 1, "is no Python: '(' was never closed"),
        ("reports/checks/well.py", 'ID, TITLE = "well", "Well"\ndef check(evidence): pass\n', 1, "a check needs KIND: one of"),
        ("locustfiles/journeys/look.py", "import sys\nimport nowhere\n", 2, "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_a_plug_in_that_breaks_its_contract_stops_the_run_before_it_begins(lab: Lab, file: str, text: str, line: int, says: str) -> None:
    """One sentence with file and line, whichever process would have loaded it; no world, no run folder."""
    path = lab.folder / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    outcome = lab.rehearse(SHORT)
    assert outcome.code == 64, said(outcome)
    assert outcome.err.startswith(f"stormdrill: {path}:{line}: "), said(outcome)
    assert says in outcome.err, said(outcome)
    assert len(outcome.err.strip().splitlines()) == 1
    assert not lab.runs.exists()


def test_a_target_that_is_not_there_is_refused_before_any_load(lab: Lab) -> None:
    """A real service on an address that the operator has not listed, and a listed one that does not answer."""
    (lab.folder / "scenarios" / "targets" / "elsewhere.yaml").write_text(
        "name: elsewhere\ndescribe: Nothing.\nservices: {campaign: {base: 'http://127.0.0.1:1'}}\n"
        "operations: {claim.submit: {service: campaign, path: /x, authorised: false}}\n"
    )
    outcome = lab.rehearse(SHORT, target="elsewhere")
    assert outcome.code == 64, said(outcome)
    assert "is not allowed; list the host under 'hosts'" in outcome.err
    assert list(lab.runs.iterdir()) == []


def test_an_interpreter_that_is_too_old_is_told_so() -> None:
    """The door's first file is read by any Python 3; its check is the first thing that runs."""
    program = (
        "import sys; sys.version_info = (3, 9, 1)\n"
        f"sys.path.insert(0, {str(PROJECT)!r}); import runpy\n"
        "runpy.run_module('stormdrill', run_name='__main__')"
    )
    done = subprocess.run(["python3", "-c", program], capture_output=True, text=True, check=False, timeout=60)  # noqa: S607 - whichever there is
    assert done.returncode == 64
    assert done.stderr == "stormdrill: needs Python 3.11 or later; this is 3.9\n"
