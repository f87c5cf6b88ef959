"""Policies as files: those that ship are sound, and each mistake in one is a sentence with file and line."""

import json
import re
from pathlib import Path

import pytest

from reports.finding import Status
from reports.measures.drill_results import DrillResult
from scenarios.errors import BadInput
from scenarios.plan.policy import Policy
from scenarios.plugins import PATH_VARIABLE, discover, load_target
from stormdrill.cli import run_command_line
from stormdrill.commands.drill_all import DEFAULT_POLICY, Planned, SeriesRun, load_policy, planned_drills
from stormdrill.commands.steady_load import scenario_for

HEAD = "name: ours\ndescribe: Ours.\ndomains:\n"


@pytest.mark.parametrize("name", discover("scenarios/policies", ".yaml"))
def test_a_policy_that_ships_is_sound(name: str) -> None:
    """Each drill that it requires is there, and of that domain; each limit has its source. In a run's plan it is the same."""
    found = load_policy(name)
    assert found.name == name
    assert Policy.model_validate_json(found.model_dump_json()) == found
    assert all(owed.source for owed in found.domains.stated.values())


def test_the_default_is_the_plans_own_words() -> None:
    """RTO in minutes, RPO towards zero."""
    owed = load_policy(DEFAULT_POLICY).domains.stated["database"]
    assert (owed.rto, owed.rpo) == (300, 0)


def test_the_embedded_policy_requires_every_drill_that_the_embedded_world_serves() -> None:
    """Each by the domain that its file states: a drill that is not required could be left out, and nobody would miss it."""
    owed = load_policy("embedded").domains.stated
    served = [(one.drill, one.domain) for one in planned_drills(load_target("embedded"), "") if one.scenario is not None]
    assert len(served) > 50
    assert [one for one in served if one[1] not in owed or one[0] not in owed[one[1]].require] == []


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("  databse: {rto: 1 s}\n", 4, "did you mean 'database'? "),
        ("  database:\n    rto: 1 s\n    rpoo: 0\n", 6, "rpoo"),
        (
            "  database:\n    require:\n      - primary-kill\n      - primary-kil\n",
            7,
            "there is no drill 'primary-kil'; did you mean 'primary-kill'?",
        ),
        ("  node:\n    require: [primary-kill]\n", 5, "the drill primary-kill is of the domain database, not node"),
        ("  {}\n", 3, "domains: nothing is owed; allowed: one or more of node, database"),
        ("  node:\n  link: {rpo: 0}\n", 4, "node: nothing is owed there; allowed: one or more of rto, rpo, detection"),
        ("  node: {}\n", 4, "node: nothing is owed there"),
        ("  link: {rpo: 0}\n  node: {source: our board}\n", 5, "node: nothing is owed there"),
        ("  node: {require: []}\n", 4, "node: nothing is owed there"),
        ("  node:\n    require: [node-kill, gray-node, node-kill]\n", 5, "the drill node-kill is required twice; allowed: each once"),
        ("  people: {rto: 5 min}\n", 4, "people: no drill is of that domain, so nothing could show it; leave it out"),
        ("  node: {rto: soon}\n", 4, "'soon' is no duration"),
        ("  node: {error_ratio: 150 %}\n", 4, "error_ratio"),
        ("  node: {error_ratio: ١ %}\n", 4, "error_ratio"),
    ],
)
def test_a_mistake_in_a_policy_is_one_sentence(text: str, line: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, line, what is wrong, what is allowed; exit code 64, and nothing was made."""
    path = tmp_path / "ours.yaml"
    path.write_text(HEAD + text)
    assert run_command_line(["drill", "all", "--policy", str(path), "--out", str(tmp_path / "runs")]) == 64
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"{path}:{line}: " in told
    assert says in told
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["all", "--only", "primary-kil"], "there is no drill 'primary-kil'"),
        (["all", "--only", "node-kill,primary-kill, node-kill"], "--only names node-kill 2 times; allowed: each drill once"),
        (["all", "--only", ","], "--only ',' names no drill"),
        (["all", "--only", " "], "--only ' ' names no drill"),
        (["all", "--policy", "nobodys"], "there is no policy 'nobodys'"),
        (["all", "--lasts", "30 s"], "--lasts belongs to: stormdrill drill observed"),
        (["node-kill", "--policy", "plan"], "--policy belongs to: stormdrill drill all"),
        (["observed", "--lasts", "soon"], "'soon' is no duration"),
        (["observed", "--lasts", "5 s"], "others need 30 s at least"),
    ],
)
def test_a_wrong_call_is_one_sentence(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 64."""
    assert run_command_line(["drill", *words]) == 64
    assert says in capsys.readouterr().err


def test_a_dry_run_says_of_each_drill_what_it_would_do_or_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    """On our world those could not be run that need a handle which it has not; on a service without handles none could."""
    assert run_command_line(["drill", "all", "--dry-run"]) == 0
    told = capsys.readouterr().out
    left = [line for line in told.splitlines() if " is not run: " in line]
    assert left
    assert all("needs the handle" in line for line in left), left
    assert "primary-kill on embedded, through topology" in told
    assert re.search(r"\n\d\d drills, one after the other: about \d\d min; \d\d min if nothing recovers before its deadline\n$", told)
    assert (
        run_command_line(["drill", "all", "--dry-run", "--only", "node-kill", "--target", "tests/foreign/scenarios/targets/lanting.yaml"])
        == 0
    )
    assert "node-kill is not run: drill node-kill needs the handle 'topology'" in capsys.readouterr().out
    assert run_command_line(["drill", "observed", "--dry-run", "--target", "tests/foreign/scenarios/targets/lanting.yaml"]) == 0
    assert "through no handle: nothing is broken by us" in capsys.readouterr().out


def test_a_drill_that_breaks_down_makes_its_series_invalid(tmp_path: Path) -> None:
    """The target was to serve it: that it came to nothing is not as if nobody had wanted it."""
    embedded, lanting = load_target("embedded"), load_target("tests/foreign/scenarios/targets/lanting.yaml")
    broken = Planned("node-kill", "node", scenario_for("node-kill", embedded))
    unserved = Planned("primary-kill", "database", None, "no handle")
    series = SeriesRun(tmp_path, lanting, load_policy(DEFAULT_POLICY), judging=False, planned=[broken, unserved], seed=1)
    rest = series.run()
    series.planned = [*series.planned, Planned("server-outage", "node", None)]
    series.came["server-outage"] = DrillResult("server-outage", "node", Status.PASS)
    came = series.write(rest)
    assert [result.word for result in came.results] == ["INVALID", None, "PASS"]
    assert "there is no operation" in came.results[0].sentence
    assert (came.word, came.exit_code) == ("INVALID", 2)
    told = json.loads((tmp_path / "drills.json").read_text())["domains"]
    assert "node-kill: INVALID, " in "; ".join(told[0]["why"])


def test_a_drill_whose_own_file_is_wrong_is_no_drill_without_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is run, exit code 64: the series would pass without it."""
    monkeypatch.setenv(PATH_VARIABLE, "")
    own = tmp_path / "chaos" / "drills" / "ours.py"
    own.parent.mkdir(parents=True)
    own.write_text("from chaos.drill import Drill\n\n\nclass Ours(Drill):\n    def steps(self):\n        raise RuntimeError('not today')\n")
    assert run_command_line(["--path", str(tmp_path), "drill", "all", "--dry-run"]) == 64
    assert "the steps of drill ours: RuntimeError: not today" in capsys.readouterr().err


def test_a_drill_of_ones_own_cannot_be_called_as_the_series_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It could not be run."""
    monkeypatch.setenv(PATH_VARIABLE, "")
    own = tmp_path / "chaos" / "drills" / "all.py"
    own.parent.mkdir(parents=True)
    own.write_text("")
    assert run_command_line(["--path", str(tmp_path), "drill", "all", "--dry-run"]) == 64
    assert f"{own}: no drill can be called all" in capsys.readouterr().err


def test_list_shows_a_drills_own_gates(capsys: pytest.CaptureFixture[str]) -> None:
    """Besides RTO and RPO."""
    assert run_command_line(["list", "drills"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "gates time to open <= 5 s" in told


def test_a_policy_that_is_none_says_so(tmp_path: Path) -> None:
    """As any other file."""
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(BadInput, match="is empty"):
        load_policy(str(tmp_path / "empty.yaml"))
