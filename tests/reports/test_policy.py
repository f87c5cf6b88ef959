"""A resilience policy judges each fault domain by its worst drill; what was not run is missing, and no mean hides anything."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from handmade_stories import rescued

import reports
from reports.finding import Status
from reports.measures.drill_results import DrillResult, Figures
from reports.measures.policy_rows import policy_rows
from reports.output.series import series_word, write_series
from scenarios.plan.policy import DomainPolicy, Domains, Policy
from scenarios.plan.yaml_loading import load_yaml
from scenarios.plugins import PATH_VARIABLE, PROJECT
from stormdrill.commands.series_judge import SeriesJudge, judged

GOOD = Figures(rto_s=2.0, rpo_operations=0, rpo_s=0.0, rpo_fen=0, detection_s=0.2, redundancy_s=3.0, error_ratio=0.02)


DEADLY = '''"""The end of whoever asks it of one run."""

import os

from reports.finding import Kind

ID, TITLE, KIND = "deadly", "Deadly", Kind.VALIDITY
TAINTS = ()


def check(evidence):
    if evidence.plan.scenario.name == "deadly":
        os._exit(9)
    return []
'''


def policy(**database: object) -> Policy:
    """One that limits a domain."""
    return Policy.model_validate({"name": "ours", "describe": "Ours.", "domains": {"database": database}})


def ran(drill: str = "primary-kill", word: Status = Status.PASS, **figures: object) -> DrillResult:
    """A drill that ran."""
    return DrillResult(drill, "database", word, "why", Path("a-run"), replace(GOOD, **figures))  # type: ignore[arg-type]  # its fields


PASS, FAIL, INVALID = Status.PASS, Status.FAIL, Status.INVALID


@pytest.mark.parametrize(
    ("results", "owed", "word", "worst", "says"),
    [
        pytest.param([ran()], {"rto": "3 s", "rpo": 0}, PASS, "primary-kill", "RTO 2 s of 3 s, RPO 0 operations of 0", id="in its limits"),
        pytest.param([ran()], {"error_ratio": "5 %"}, PASS, "primary-kill", "error ratio 2 % of 5 %", id="a share in its limit"),
        pytest.param([ran(), ran("late", rto_s=9.0)], {"rto": "3 s"}, FAIL, "late", "late: RTO 9 s, allowed 3 s", id="the worst counts"),
        pytest.param([ran(rto_censored=True)], {"rto": "3 s"}, INVALID, "primary-kill", "RTO > 2 s, allowed 3 s", id="load ended before"),
        pytest.param([ran(rto_censored=True)], {"rto": "1 s"}, FAIL, "primary-kill", "RTO > 2 s, allowed 1 s", id="not recovered by then"),
        pytest.param([ran(rto_s=None)], {"rto": "3 s"}, INVALID, "primary-kill", "its RTO cannot be told", id="a figure that nobody has"),
        pytest.param(
            [ran(rto_least_s=0.5)],
            {"rto": "1 s"},
            INVALID,
            "primary-kill",
            "RTO 2 s, allowed 1 s, but 0.5 s without the load generator's own delay",
            id="by our own delay alone",
        ),
        pytest.param([ran(rto_least_s=1.5)], {"rto": "1 s"}, FAIL, "primary-kill", "RTO 2 s, allowed 1 s", id="without our delay too"),
        pytest.param([ran(rpo_operations=1)], {"rpo": 0}, FAIL, "primary-kill", "RPO 1 operations, allowed 0", id="one lost"),
        pytest.param([ran(error_ratio=0.2)], {"error_ratio": "5 %"}, FAIL, "primary-kill", "error ratio 20 %, allowed 5 %", id="errors"),
        pytest.param(
            [ran(error_ratio=None)], {"error_ratio": "5 %"}, INVALID, "primary-kill", "its error ratio cannot be told", id="nobody came"
        ),
        pytest.param([ran(redundancy_s=11.0)], {"redundancy": "10 s"}, FAIL, "primary-kill", "redundancy 11 s", id="redundancy"),
        pytest.param(
            [ran(redundancy_censored=True)],
            {"redundancy": "10 s"},
            INVALID,
            "primary-kill",
            "redundancy > 3 s",
            id="once it never came back",
        ),
        pytest.param(
            [ran(), ran("again", redundancy_s=None, redundancy_censored=True)],
            {"redundancy": "10 s"},
            INVALID,
            "again",
            "again: its redundancy cannot be told",
            id="it never came back",
        ),
        pytest.param(
            [ran(detection_s=None)], {"detection": "1 s"}, INVALID, "primary-kill", "detection was told by none", id="told by none"
        ),
        pytest.param([ran(), ran("slow", detection_s=None)], {"detection": "1 s"}, PASS, "primary-kill", "", id="told by one of them"),
        pytest.param([ran(word=INVALID)], {"rto": "3 s"}, INVALID, "primary-kill", "INVALID, why", id="one that proves nothing"),
        pytest.param([ran(word=FAIL)], {"rto": "3 s"}, FAIL, "primary-kill", "FAIL, why", id="one that failed"),
        pytest.param([ran()], {"require": ["primary-kill", "x"]}, FAIL, "primary-kill", "x was not run", id="one is missing"),
        pytest.param([], {"require": ["x"]}, FAIL, "", "x was not run", id="none of those required was run"),
        pytest.param([], {"rto": "3 s"}, INVALID, "", "nothing was run", id="nothing was run"),
    ],
)
def test_a_domain_is_as_good_as_its_worst_drill(
    results: list[DrillResult], owed: dict[str, object], word: Status, worst: str, says: str
) -> None:
    """FAIL where something is broken or missing, INVALID where it cannot be told; the worst drill named."""
    (row,) = policy_rows(policy(**owed), results)
    assert (row.word, row.worst) == (word, worst), row
    assert row.holds == (word is PASS)
    assert row.why
    assert says in "; ".join(row.why)


@pytest.mark.parametrize(
    ("less", "worse"),
    [
        pytest.param({"rto_s": 4.0}, {"rto_s": 9.0}, id="farther beyond a limit"),
        pytest.param({"rto_s": 1.0}, {"rto_s": 2.9}, id="nearer to a limit"),
        pytest.param({"rto_s": 9.0}, {"rpo_operations": 1}, id="an operation that is lost"),
        pytest.param({"rpo_operations": 1}, {"rpo_operations": 7}, id="more that are lost"),
        pytest.param({"word": INVALID, "rto_s": 2.9}, {"rto_s": 4.0}, id="what is broken before what is not known"),
        pytest.param({"word": INVALID}, {"word": FAIL}, id="what failed before what is not known"),
        pytest.param({"rto_s": 2.9}, {"word": INVALID, "rto_s": None}, id="what is not known before what holds"),
        pytest.param({"rto_s": 9.0}, {"word": FAIL}, id="what failed by itself before a limit"),
    ],
)
def test_the_worst_drill_is_the_worst_and_is_told_first(less: dict[str, object], worse: dict[str, object]) -> None:
    """Whatever their names."""
    for names in (("a", "b"), ("b", "a")):
        results = [ran(name, **figures) for name, figures in sorted(zip(names, (less, worse), strict=True))]  # type: ignore[arg-type]  # as above
        (row,) = policy_rows(policy(rto="3 s", rpo=0), results)
        assert row.worst == names[1], row
        assert row.why[0].startswith(f"{names[1]}: "), row


def test_the_word_of_a_series_is_the_worst_of_all() -> None:
    """A domain that fails is FAIL where the policy judges; one that was cut short is never PASS."""
    rows = policy_rows(policy(require=["x"]), [ran()])
    assert series_word([ran()], (), cut=False) is Status.PASS
    assert series_word([ran()], rows, cut=False) is Status.FAIL
    assert series_word([ran()], (), cut=True) is Status.INVALID
    assert series_word([ran(), ran(word=Status.INVALID)], (), cut=False) is Status.INVALID
    assert series_word([ran(word=Status.INVALID), ran(word=Status.FAIL)], (), cut=False) is Status.FAIL
    assert series_word([DrillResult("x", None, sentence="no handle")], rows, cut=False) is Status.INVALID
    unknown = policy_rows(policy(rto="1 s"), [ran(rto_least_s=0.5)])
    assert series_word([ran()], unknown, cut=False) is Status.INVALID


def test_the_sentence_of_a_series_tells_what_is_broken_from_what_is_not_known(tmp_path: Path) -> None:
    """The domains of each."""
    owed = policy(rto="1 s").model_copy(update={"domains": Domains(database=DomainPolicy(rto=1.0), node=DomainPolicy(rpo=0))})
    series = write_series(tmp_path, "bank", [ran()], owed, judging=True, cut=False)
    assert series.sentence == (
        "1 of 1 drill that ran passed; the policy does not hold in: database; it is not known whether it holds in: node"
    )
    assert [row["verdict"] for row in orjson.loads((tmp_path / "drills.json").read_bytes())["domains"]] == ["INVALID", "FAIL"]


def test_the_page_shows_what_is_uncertain_of_a_figure(tmp_path: Path) -> None:
    """An RTO without the generator's own delay, the error of zero, a redundancy that never came back, and who was turned away."""
    figures = {"rto_least_s": 0.5, "zero_error_s": 0.25, "redundancy_censored": True, "shed_ratio": 0.125}
    page = write_series(tmp_path, "bank", [ran(**figures)], policy(rto="3 s"), judging=True, cut=False).page.read_text("utf-8")
    for shown in ("2 s<small>at least 0.5 s</small>", ">0.25 s<", ">> 3 s<", ">12.5 %<"):
        assert shown in page, shown
    (told,) = orjson.loads((tmp_path / "drills.json").read_bytes())["drills"]
    assert figures.items() <= told.items()


def test_the_page_has_every_drill_with_its_pulse_and_every_reason(tmp_path: Path) -> None:
    """And names what was not read of a standard as unconfirmed."""
    result = reports.drill_result(reports.judge_run(rescued(tmp_path / "a-run").write()), "primary-kill", "database")
    assert result.figures.rto_s == pytest.approx(2.02)
    assert result.figures.redundancy_s is None
    shipped = load_yaml(PROJECT / "scenarios" / "policies" / "plan.yaml", Policy)
    others = [DrillResult("node-kill", "node", sentence="the target gives no <handle>")]
    series = write_series(tmp_path, "bank & co", [result, *others], shipped, judging=True, cut=False, noticed="after a <second>")
    page = series.page.read_text("utf-8")
    assert series.word == "FAIL"
    assert page.count('<svg class="spark"') == 1
    assert "the target gives no &lt;handle&gt;" in page
    assert "bank &amp; co" in page
    assert "How a loss is noticed here: after a &lt;second&gt;." in page
    assert page.count("<em>unconfirmed</em>") == len(shipped.classes) > 0
    assert 'href="a-run/report.html"' in page


def test_a_run_that_is_the_end_of_its_judge_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It proves nothing itself, and the next is judged by a new one."""
    own = tmp_path / "own" / "reports" / "checks" / "deadly.py"
    own.parent.mkdir(parents=True)
    own.write_text(DEADLY)
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "own"))
    deadly, sound = rescued(tmp_path / "deadly"), rescued(tmp_path / "sound")
    deadly.scenario["name"] = "deadly"
    folder = deadly.write()
    with SeriesJudge() as judge:
        judge.ask("primary-kill", "database", folder)
        died = judge.told(wait=True)["primary-kill"]
        judge.ask("primary-freeze", "database", sound.write())
        lived = judge.told(wait=True)["primary-freeze"]
    assert (died.word, died.sentence) == (INVALID, f"its judge has died; call: stormdrill judge {folder}")
    assert lived.figures.rto_s == pytest.approx(2.02)


def test_a_fault_of_our_own_in_a_runs_judgement_is_that_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is INVALID, and the sentence says by what."""

    def broken(*_: object) -> None:
        raise KeyError("nobody")

    monkeypatch.setattr(reports, "conclude_run", broken)
    found = judged("primary-kill", "database", tmp_path, "en")
    assert (found.word, found.sentence) == (
        INVALID,
        f"its judge has failed, KeyError: 'nobody'; call: stormdrill judge {tmp_path}",
    )


def test_a_series_has_its_runs_judged_in_another_process(tmp_path: Path) -> None:
    """Each as it would be here; a folder that is no run proves nothing, and the reason says so."""
    folder = rescued(tmp_path / "run").write()
    (tmp_path / "none").mkdir()
    with SeriesJudge() as judge:
        judge.ask("primary-kill", "database", folder)
        judge.ask("node-kill", "node", tmp_path / "none")
        told = judge.told(wait=True)
        assert judge.told(wait=True) == {}
    here = reports.drill_result(reports.judge_run(folder), "primary-kill", "database")
    assert told["primary-kill"] == here
    assert told["node-kill"].word is Status.INVALID
    assert "no run" in told["node-kill"].sentence
