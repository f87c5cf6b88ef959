"""What the door says last: a world that did not go down is in the run's own evidence, under its seal."""

import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

import reports
from scenarios.plan.scenario import Scenario
from scenarios.plugins import load_scenario, load_target
from scenarios.run.event_kinds import RunLeftover, RunSealed
from scenarios.run.events import of_kind
from scenarios.run.folder import Run, create_run, fix_t0
from scenarios.run.live_window import Tail
from stormdrill import cli
from stormdrill.metrics import Metrics
from stormdrill.rehearsal.abort_gates import AbortWatch
from stormdrill.rehearsal.load_processes import Load
from stormdrill.rehearsal.progress import Screen
from stormdrill.rehearsal.under_way import LastWords, Rehearsal


@pytest.fixture
def scenario() -> Scenario:
    """Any one."""
    return load_scenario("smoke")


def test_a_world_that_stays_is_told_before_the_seal(tmp_path: Path, scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    """It comes after all else, and is still sealed with the rest: a finding, and no doubt about the files."""
    run, plan = create_run(scenario, load_target("embedded"), seed=1, workers=1, out=tmp_path)
    plan = fix_t0(run, plan, lead_s=0)
    tail = Tail(run.samples_folder)
    events = run.event_writer("door", plan.t0_monotonic_ns)
    watch = AbortWatch(scenario, plan.operations, [])
    last_words = LastWords()
    last_words.leave("the world of nobody yet")
    last_words.rehearsal = Rehearsal(run, plan, Screen(scenario), events, Load(run), tail, tail.update(0), watch, Metrics())
    last_words.leave("the world in run-1-2 did not go down within 30 s")
    last_words.seal()
    told = run.events()
    assert [event.facts.what for event in of_kind(told, RunLeftover)] == ["the world in run-1-2 did not go down within 30 s"]
    assert len(of_kind(told, RunSealed)) == 1
    assert capsys.readouterr().err.count("world") == 2
    verdict = reports.judge_run(run.folder)
    assert verdict.word == "INVALID"
    assert "left behind: the world in run-1-2" in (run.folder / "verdict.json").read_text("utf-8")


def test_without_a_run_there_is_nothing_to_seal() -> None:
    """A rehearsal that never began leaves no last word."""
    LastWords().seal()


def test_load_processes_that_a_second_signal_ended_have_not_failed(tmp_path: Path) -> None:
    """They are ended at once because the user wished it, which is the headline; one that died before has failed all the same."""
    load = Load(Run(tmp_path))
    with ExitStack() as stack:
        for source in ("raise SystemExit(3)", "import time; print(flush=True); time.sleep(600)"):
            process = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, start_new_session=True)
            load.processes.append(stack.enter_context(process))
        load.processes[0].wait(60)
        assert process.stdout
        assert process.stdout.readline() == b"\n"
        load.kill()
    assert [process.returncode for process in load.processes] == [3, -signal.SIGKILL]
    assert load.failures == [("load-0", 3)]


_INTERRUPTED_AT_ITS_START = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "stormdrill.cli":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from stormdrill.__main__ import main
main()
"""


def test_ctrl_c_while_it_still_starts_ends_it_without_a_word() -> None:
    """Nothing has been begun that would have to be ended in order."""
    done = subprocess.run([sys.executable, "-c", _INTERRUPTED_AT_ITS_START], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


_SIGNALLED_AFTERWARDS = """
import atexit, os, signal, sys
from stormdrill.__main__ import main
atexit.register(os.kill, os.getpid(), getattr(signal, sys.argv.pop()))
main()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_after_the_last_word_does_not_change_it(name: str) -> None:
    """All is said and the interpreter ends, which takes a moment: the exit code is what was said, and nothing follows it."""
    argv = [sys.executable, "-c", _SIGNALLED_AFTERWARDS, "list", "no-such-kind", name]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.count("\n"), "no-such-kind" in done.stderr) == (64, 1, True), done.stderr


def test_a_signal_while_another_is_answered_is_answered_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The second comes before the sentence is out: one is said all the same, and no traceback."""
    said = iter([KeyboardInterrupt, ""])

    def left() -> str:
        if (now := next(said)) is KeyboardInterrupt:
            raise KeyboardInterrupt
        return f"nothing is left running{now}"

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "what_is_left", left)
    monkeypatch.setattr(cli, "command_line", lambda: lambda *_, **__: interrupted())
    assert cli.run_command_line(["run"]) == 70
    assert capsys.readouterr().err == "stormdrill: stopped; nothing is left running\n"
