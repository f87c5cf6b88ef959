"""Processes of one rehearsal tell each other what they have to in one typed place."""

from pathlib import Path

from scenarios.plugins import PROJECT
from scenarios.run.folder import HANDOVER, Run
from scenarios.run.handover import ProcessStage, ProcessState, read_state, read_states, write_state


def test_a_process_is_known_by_its_last_word(tmp_path: Path) -> None:
    """Ready, then ended; whoever has said nothing, or half a word, has said nothing."""
    run = Run(tmp_path)
    assert read_states(run) == {}
    write_state(run, "load-0", ProcessState(stage=ProcessStage.READY))
    ended = ProcessState(stage=ProcessStage.ENDED, failure="the disk is full", exit_code=70)
    write_state(run, "load-0", ended)
    write_state(run, "load-1", ProcessState(stage=ProcessStage.READY))
    (tmp_path / HANDOVER / "load-2.json").write_text('{"stage": "rea')
    assert read_state(run, "load-0") == ended
    assert read_state(run, "load-3") is None
    assert {name: state.stage for name, state in read_states(run).items()} == {"load-0": "ended", "load-1": "ready"}


def test_no_name_of_an_environment_variable_is_declared_twice() -> None:
    """Both ends import it."""
    declared: dict[str, list[str]] = {}
    for folder in ("scenarios", "locustfiles", "chaos", "reports", "stormdrill"):
        for path in (PROJECT / folder).rglob("*.py"):
            for line in path.read_text("utf-8").splitlines():
                name, equals, value = line.partition(" = ")
                if equals and name.endswith("_VARIABLE"):
                    declared.setdefault(value, []).append(str(path))
    assert '"STORMDRILL_RUN"' in declared
    assert {value: paths for value, paths in declared.items() if len(paths) > 1} == {}
