"""Healing from the door: worlds by the start time of their rehearsal, faults of nobody, and nothing of who goes on."""

import tempfile
from pathlib import Path

import pytest

from chaos.fault import FaultTarget
from chaos.handles.process import boot, me
from chaos.target_handles import Handles
from chaos.watchdog.lease import Lease, Leases
from scenarios.errors import BadInput
from scenarios.plugins import load_target
from scenarios.target.model import Target
from stormdrill.commands.heal import heal, would_heal
from stormdrill.rehearsal.loop import refuse_leftovers
from stormdrill.rehearsal.world import orphaned_worlds, worlds_folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    worlds_folder().mkdir(mode=0o700)
    return worlds_folder()


def lease(*, watchdog_started: int, world: tuple[int, int] | None = None) -> None:
    """A lease that lies there, held by this process where its start time is right."""
    mine = me()
    Leases().make()
    Leases().save(
        Lease(
            id="1",
            fault="process-freeze",
            parameters={"part": "database"},
            handles=Handles(),
            target=FaultTarget(part="db-a"),
            begun_ns=0,
            expires_ns=0,
            boot=boot(),
            watchdog_pid=mine.pid,
            watchdog_started=watchdog_started,
            door=(mine.pid, mine.started),
            world=world,
        )
    )


def test_worlds_are_known_by_the_start_time_of_their_rehearsal(home: Path) -> None:
    """A pid that somebody else has now is no rehearsal; what is not named as a world is left alone."""
    mine = me()
    for name in (f"run-{mine.pid}-{mine.started}", f"run-{mine.pid}-{mine.started + 1}", f"run-{mine.pid}", "run-x", "leases", "run-1-2-3"):
        (home / name).mkdir()
    (home / "run-99-99").touch()
    assert {world.folder.name for world in orphaned_worlds()} == {f"run-{mine.pid}-{mine.started + 1}", "run-99-99"}


def test_heal_does_all_in_one_call_and_doctor_shows_it_before(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A world, a fault of a dead watchdog and a corrupt lease: named before, then gone; the second call finds nothing."""
    mine = me()
    (home / f"run-{mine.pid}-{mine.started + 1}").mkdir()
    lease(watchdog_started=mine.started + 1, world=(mine.pid, mine.started + 1))
    (Leases().folder / "2.json").write_text("{")
    assert len(would_heal()) == 3
    assert heal() == 70, "what a corrupt lease broke nobody knows"
    said = capsys.readouterr().out
    assert "taken down, its rehearsal is gone" in said
    assert "healed, its world is gone" in said
    assert "look after the target" in said
    assert (would_heal(), heal()) == ([], 0)
    assert "nothing was left behind" in capsys.readouterr().out


def of_a_bank() -> Target:
    """A target that brings no world."""
    return load_target("embedded").model_copy(update={"world": None})


def test_a_run_beside_anothers_rehearsal_starts_unless_both_would_touch_the_same() -> None:
    """A fault that a living rehearsal holds in a world of its own is nothing to others; one in a bank's own service is."""
    mine = me()
    lease(watchdog_started=mine.started, world=(mine.pid, mine.started))
    refuse_leftovers(load_target("embedded"))
    refuse_leftovers(of_a_bank())
    assert (would_heal(), heal()) == ([], 0)
    lease(watchdog_started=mine.started)
    refuse_leftovers(load_target("embedded"))
    with pytest.raises(BadInput, match="broken just now by another rehearsal"):
        refuse_leftovers(of_a_bank())


def test_what_nobody_holds_is_healed_first() -> None:
    """Whatever the target, a leftover refuses the run and names the way."""
    lease(watchdog_started=me().started + 1)
    for target in (load_target("embedded"), of_a_bank()):
        with pytest.raises(BadInput, match="run: stormdrill heal"):
            refuse_leftovers(target)
