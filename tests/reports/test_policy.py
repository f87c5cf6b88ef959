"""A resilience policy judges each fault domain by its worst drill; what was not run is missing, and no mean hides anything."""

from dataclasses import replace
from pathlib import Path

import pytest
from handmade_stories import rescued

import reports
from reports.finding import Status
from reports.measures.drill_results import DrillResult, Figures, policy_rows
from reports.output.series import series_word, write_series
from scenarios.plan.policy import Policy
from scenarios.plan.yaml_loading import load_yaml
from scenarios.plugins import PROJECT
from stormdrill.commands.series_judge import SeriesJudge

GOOD = Figures(rto_s=2.0, rpo_operations=0, rpo_s=0.0, rpo_fen=0, detection_s=0.2, redundancy_s=3.0, error_ratio=0.02)


def policy(**database: object) -> Policy:
    """One that limits a domain."""
    return Policy.model_validate({"name": "ours", "describe": "Ours.", "domains": {"database": database}})


def ran(drill: str = "primary-kill", word: Status = Status.PASS, **figures: object) -> DrillResult:
    """A drill that ran."""
    return DrillResult(drill, "database", word, "why", Path("a-run"), replace(GOOD, **figures))  # type: ignore[arg-type]  # its fields


@pytest.mark.parametrize(
    ("results", "owed", "holds", "worst", "says"),
    [
        pytest.param([ran()], {"rto": "3 s", "rpo": 0}, True, "primary-kill", "RTO 2 s of 3", id="in its limits"),
        pytest.param([ran(), ran("late", rto_s=9.0)], {"rto": "3 s"}, False, "late", "late: RTO 9 s, allowed 3 s", id="the worst counts"),
        pytest.param([ran(rto_censored=True)], {"rto": "3 s"}, False, "primary-kill", "RTO > 2 s", id="not recovered while it was seen"),
        pytest.param([ran(rto_s=None)], {"rto": "3 s"}, False, "primary-kill", "its RTO cannot be told", id="a figure that nobody has"),
        pytest.param([ran(rpo_operations=1)], {"rpo": 0}, False, "primary-kill", "RPO 1 operations, allowed 0", id="one lost"),
        pytest.param([ran(error_ratio=0.2)], {"error_ratio": "5 %"}, False, "primary-kill", "error ratio 20 %, allowed 5 %", id="errors"),
        pytest.param([ran(redundancy_s=11.0)], {"redundancy": "10 s"}, False, "primary-kill", "redundancy 11 s", id="redundancy"),
        pytest.param([ran(detection_s=None)], {"detection": "1 s"}, False, "primary-kill", "detection was told by none", id="told by none"),
        pytest.param([ran(), ran("slow", detection_s=None)], {"detection": "1 s"}, True, "primary-kill", "", id="told by one of them"),
        pytest.param([ran(word=Status.INVALID)], {"rto": "3 s"}, False, "primary-kill", "INVALID, why", id="one that proves nothing"),
        pytest.param([ran(word=Status.FAIL)], {}, False, "primary-kill", "FAIL, why", id="one that failed"),
        pytest.param([ran()], {"require": ["primary-kill", "x"]}, False, "primary-kill", "x was not run", id="one is missing"),
        pytest.param([], {"require": ["x"]}, False, "", "x was not run", id="nothing was run"),
    ],
)
def test_a_domain_is_as_good_as_its_worst_drill(
    results: list[DrillResult],
    owed: dict[str, object],
    holds: bool,  # noqa: FBT001 - a row of the table
    worst: str,
    says: str,
) -> None:
    """Pass or fail, the worst drill named."""
    (row,) = policy_rows(policy(**owed), results)
    assert (row.holds, row.worst) == (holds, worst), row
    assert says in "; ".join(row.why)


def test_the_word_of_a_series_is_the_worst_of_all() -> None:
    """A domain that fails is FAIL where the policy judges; one that was cut short is never PASS."""
    rows = policy_rows(policy(require=["x"]), [ran()])
    assert series_word([ran()], (), cut=False) is Status.PASS
    assert series_word([ran()], rows, cut=False) is Status.FAIL
    assert series_word([ran()], (), cut=True) is Status.INVALID
    assert series_word([ran(), ran(word=Status.INVALID)], (), cut=False) is Status.INVALID
    assert series_word([ran(word=Status.INVALID), ran(word=Status.FAIL)], (), cut=False) is Status.FAIL
    assert series_word([DrillResult("x", None, sentence="no handle")], rows, cut=False) is Status.INVALID


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
