"""The run folder, its plan and its live window."""

from pathlib import Path

import pytest

from scenarios.errors import BadInput
from scenarios.plugins import load_scenario, load_target
from scenarios.run.folder import create_run, fix_t0, open_run
from scenarios.run.live_window import Tail
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_PULSE, SAMPLE_STRUCT, BlockWriter


def test_a_new_run_has_its_plan_and_is_the_latest(tmp_path: Path) -> None:
    """What was planned can be read from the folder alone; a second run of the same second stands beside it."""
    scenario, target = load_scenario("smoke"), load_target("embedded")
    run, plan = create_run(scenario, target, seed=7, workers=2, out=tmp_path / "runs")
    plan = fix_t0(run, plan, lead_s=1)
    again, _ = create_run(scenario, target, seed=7, workers=2, out=tmp_path / "runs")
    assert open_run(run.folder).plan() == plan
    assert plan.operations == sorted(target.operations)
    assert plan.seed == 7
    assert again.folder != run.folder
    assert (tmp_path / "runs" / "latest").resolve() == again.folder.resolve()
    assert len(run.samples()) == len(run.acks()) == len(run.events()) == 0


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    """With the reason."""
    with pytest.raises(BadInput, match="is no run folder"):
        open_run(tmp_path)
    (tmp_path / "scenario.json").write_text("{}")
    with pytest.raises(BadInput, match="cannot be read"):
        open_run(tmp_path).plan()
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot make a run folder"):
        create_run(load_scenario("smoke"), load_target("embedded"), seed=1, workers=1, out=tmp_path / "file")


def test_the_live_window_counts_what_came(tmp_path: Path) -> None:
    """Seconds by when samples were done, the pulse apart, nothing twice."""
    writer = BlockWriter(tmp_path / "load-0.bin", SAMPLE_STRUCT)
    tail = Tail(tmp_path)

    def sample(intended_s: float, latency_ms: int, outcome: Outcome, flags: int = 0) -> None:
        writer.append(int(intended_s * 1e9), 1, 0, 0, latency_ms * 1000, 0, 0, 0, 3, 200, outcome, 1, flags, 2)

    sample(0.1, 100, Outcome.SUCCESS)
    sample(0.2, 2000, Outcome.UNKNOWN)
    window = tail.update(1.5)
    assert [second.count for second in window.seconds] == [1]
    sample(1.2, 10, Outcome.SUCCESS, FLAG_PULSE)
    window = tail.update(3.2)
    assert [(second.start_s, second.count, second.success_ratio) for second in window.seconds] == [(0, 1, 1), (1, 1, 1), (2, 1, 0)]
    assert [second.count for second in window.pulse] == [0, 1, 0]
    assert window.total == {Outcome.SUCCESS: 2, Outcome.UNKNOWN: 1}
    assert window.seconds[1].by_op == {3: {Outcome.SUCCESS: 1}}
    assert window.percentile_ms(1.0, 3) == 2000
