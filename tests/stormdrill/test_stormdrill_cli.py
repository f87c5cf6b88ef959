"""The command line: the door's own options before and behind a command, and what `list` shows."""

import os
from pathlib import Path

import pytest

from scenarios.errors import BadInput
from scenarios.own_code import ALLOW_CODE_VARIABLE
from scenarios.plugins import CONTRACTS, PATH_VARIABLE, load_target
from stormdrill.cli import command_line, run_command_line
from stormdrill.commands.steady_load import scenario_for, steady_scenario

JOURNEY = '"""Looks at the zone, and goes."""\ndef our_look(customer):\n    yield customer.ask("zone.get")\n'

NAP = '''"""Naps."""
from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.primary_kill import PrimaryKill

class Nap(Drill):
    """Naps."""
    facts = DrillFacts(domain="node", hypothesis="it wakes", blast_radius="it", access=(), deadline_s=20, rto_s=4, rpo_operations=2)
    def steps(self): return (FaultStep(PrimaryKill()),)
'''


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own folder with a journey, and an environment of the test's own."""
    folder = tmp_path / "own"
    (folder / "locustfiles" / "journeys").mkdir(parents=True)
    (folder / "locustfiles" / "journeys" / "our_look.py").write_text(JOURNEY)
    for name in (PATH_VARIABLE, ALLOW_CODE_VARIABLE):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("COLUMNS", "200")
    return folder


@pytest.mark.parametrize(
    "order", ["--path {} list journeys", "list --path {} journeys", "list journeys --path={}", "--path . list journeys --path {}"]
)
def test_a_folder_of_ones_own_is_named_before_or_behind_the_command(own: Path, capsys: pytest.CaptureFixture[str], order: str) -> None:
    """As it comes to hand."""
    assert run_command_line(order.format(own).split()) == 0
    assert "Looks at the zone, and goes." in capsys.readouterr().out


@pytest.mark.parametrize("order", [["--allow-code", "list", "drills"], ["list", "drills", "--allow-code"]])
def test_allowing_code_too(own: Path, order: list[str]) -> None:
    """Both mean the same."""
    assert own
    assert run_command_line(order) == 0
    assert os.environ[ALLOW_CODE_VARIABLE] == "1"


def test_every_command_takes_the_doors_options_and_shows_them() -> None:
    """Also those of a group."""
    commands = command_line().commands
    for name, command in [*commands.items(), *commands["target"].commands.items()]:
        assert {"--path", "--allow-code"} <= {option for parameter in command.params for option in parameter.opts}, name


def test_list_shows_one_kind_or_all(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each kind has its heading; a user's own stands among ours."""
    assert run_command_line(["list", "--path", str(own)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines if line and not line.startswith(" ")] == [contract.plural for contract in CONTRACTS]
    assert run_command_line(["list", "drills"]) == 0
    told = capsys.readouterr().out
    assert "primary-kill" in told
    assert "flash-sale" not in told
    assert "domain      database" in told
    assert "needs       topology" in told


def test_a_drill_alone_is_judged_by_the_limits_that_its_file_states(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And given the deadline; the load lasts until that is over."""
    path = own / "chaos" / "drills" / "nap.py"
    path.parent.mkdir(parents=True)
    path.write_text(NAP)
    monkeypatch.setenv(PATH_VARIABLE, str(own))
    plan = steady_scenario("nap")
    assert plan.gates == ["rto of nap <= 4 s", "rpo of nap <= 2"]
    assert plan.drills[0].deadline == 20
    assert plan.phases[0].lasts == pytest.approx(11 + 20 + 10 + 3)


@pytest.mark.parametrize(
    ("facts", "line", "says"),
    [
        ("gates=('flaps == 0.5',)", "flaps", "gate 'flaps of nap == 0.5' can never hold: the figure is a whole number of times, 0 or more"),
        ("gates=('p99 <= 1 s', 'quick please')", "quick", "gate 'quick please' is not understood; the form is: p99 of"),
        ("arrivals_per_s=-1.0", "facts", "greater than or equal to 0"),
        ("deadline_s=0.0", "facts", "greater than"),
    ],
)
def test_facts_by_which_nothing_can_be_run_are_told_with_file_and_line(
    own: Path, monkeypatch: pytest.MonkeyPatch, facts: str, line: str, says: str
) -> None:
    """Before anything is started: a drill of one's own is a file like any other."""
    path = own / "chaos" / "drills" / "nap.py"
    path.parent.mkdir(parents=True)
    path.write_text(NAP.replace("deadline_s=20, rto_s=4, rpo_operations=2", f"\n        {facts}"))
    monkeypatch.setenv(PATH_VARIABLE, str(own))
    where = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if line in text)
    with pytest.raises(BadInput) as error:
        steady_scenario("nap")
    assert str(error.value).startswith(f"{path}:{where}: the facts of drill nap: ")
    assert says in str(error.value)


def test_a_drill_that_strikes_several_times_has_a_deadline_and_a_window_each_time() -> None:
    """Each strike is planned after the one before it is judged, with room for what that one broke to be whole."""
    plan = steady_scenario("repeated-failover")
    assert [strike.id for strike in plan.strikes] == ["repeated-failover", "repeated-failover#2", "repeated-failover#3"]
    assert [strike.at_s for strike in plan.strikes] == [11, 11 + 10 + 10 + 4, 11 + 2 * (10 + 10 + 4)]
    assert plan.lasts_s == plan.strikes[-1].at_s + 10 + 10 + 3


def test_a_drill_of_databases_gets_the_time_that_the_targets_detection_needs() -> None:
    """Where a lost leader is noticed after 20 s nobody recovers in 10; other drills have their own time, and their own limits stand."""
    slow, quick = load_target("embedded-patroni"), load_target("embedded")
    for name in ("primary-kill", "datacentre-loss"):
        plan = scenario_for(name, slow)
        assert plan.drills[0].deadline == slow.failover.deadline_s == 60
        assert f"rto of {name} <= 60 s" in plan.gates
        assert scenario_for(name, quick) == steady_scenario(name, quick.operations)
    assert scenario_for("node-kill", slow) == steady_scenario("node-kill", slow.operations)


def test_a_drill_that_a_target_cannot_have_is_refused_with_its_reason(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By itself and tried dry; of all, it is named as not run."""
    file = own / "cluster.yaml"
    text = "name: cluster\ndescribe: Another one.\nlike: embedded\nfailover: {cannot: {planned-switch: its owner switches by hand}}\n"
    file.write_text(text)
    assert run_command_line(["drill", "planned-switch", "--dry-run", "--target", str(file)]) == 64
    assert "drill planned-switch cannot be performed on cluster: its owner switches by hand" in capsys.readouterr().err
    assert run_command_line(["drill", "all", "--only", "planned-switch", "--dry-run", "--target", str(file)]) == 0
    assert "planned-switch is not run: drill planned-switch cannot be performed on cluster" in capsys.readouterr().out


def test_a_dry_run_says_what_would_be_touched_and_touches_nothing(
    own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step with its part and time, the handle with its address; no run folder, no world."""
    monkeypatch.chdir(own)
    assert run_command_line(["drill", "frozen-standby", "--dry-run"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("frozen-standby on embedded, through topology (")
    assert told[2:] == [
        "  11 s into the load, once that is steady: process-freeze of part database, role standby; taken back after the read-back",
        "  1 s after the step before it: primary-kill of part database, role primary; taken back after the read-back",
        "nothing was touched: which process it would be is found out when it strikes",
    ]
    assert {path.name for path in own.iterdir()} == {"locustfiles"}


def test_a_dry_run_names_a_handle_as_it_stands_in_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    """With an underscore or a hyphen."""
    foreign = Path(__file__).parents[1] / "foreign"
    assert run_command_line(["drill", "admin-outage", "--target", "lanting", "--path", str(foreign), "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("admin-outage on lanting, through http-admin (http://127.0.0.1:18080)\n")


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_drill_whose_handle_the_target_has_not_is_refused(own: Path, capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    """One sentence and 64, before anything is started."""
    foreign = Path(__file__).parents[1] / "foreign"
    command = ["drill", "primary-kill", "--target", "lanting", "--path", str(foreign), "--out", str(own / "runs"), *more]
    assert run_command_line(command) == 64
    assert capsys.readouterr().err.startswith(
        "stormdrill: drill primary-kill needs the handle 'topology', which target lanting does not give; it "
    )
    assert not (own / "runs").exists()


def test_list_names_a_file_that_is_no_python(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File and line, and 64."""
    bad = own / "chaos" / "faults" / "puff.py"
    bad.parent.mkdir(parents=True)
    bad.write_text('"""Puff."""\nclass Puff(:\n')
    assert run_command_line(["list", "--path", str(own)]) == 64
    assert capsys.readouterr().err == f"stormdrill: {bad}:2: is no Python: invalid syntax\n"


def test_list_of_a_kind_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence with what there is."""
    assert run_command_line(["list", "drill"]) == 64
    assert "there is no kind 'drill'; did you mean 'drills'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["run", "{}.yaml"], ["run", "smoke", "--target", "here/{}"], ["judge", "{}"], ["report", "{}"],
        ["evidence", "{}"], ["mark", "detected", "--run", "{}"], ["drill", "all", "--dry-run", "--policy", "here/{}"],
        ["target", "diff", "embedded", "{}"], ["target", "check", "{}.yaml"], ["profile", "{}"], ["list", "--path", "{}"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_name_too_long_for_a_file_is_one_sentence(command: list[str], own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever a file can be named."""
    assert own.is_dir()
    assert run_command_line([word.format("x" * 5000) for word in command]) == 64
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "too long" in told.lower()


@pytest.mark.parametrize(
    ("size", "text", "says"),
    [(1 << 40, "", "has 1,099,511,627,776 bytes; 1,000,000 are the most that it may have"), (0, "x = 1\0", "null bytes")],
    ids=["a terabyte", "a NUL"],
)
def test_a_plug_in_that_nobody_writes_is_named(own: Path, size: int, text: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before it is read whole, or imported."""
    path = own / "locustfiles" / "journeys" / "odd.py"
    path.write_text(text)
    os.truncate(path, size or len(text))
    for command in (["list", "journeys"], ["run", "smoke"]):
        assert run_command_line(["--path", str(own), *command]) == 64
        told = capsys.readouterr().err
        assert str(path) in told
        assert says in told
