"""Healing from the door: worlds by the start time of their rehearsal, faults of nobody, and nothing of who goes on."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.errors import ChaosError
from chaos.fault import FaultTarget
from chaos.handles.process import boot, me
from chaos.target_handles import Handles
from chaos.watchdog.lease import Lease, Leases, Watch
from scenarios.errors import BadInput
from scenarios.plugins import load_target
from scenarios.run.folder import Run
from scenarios.target.model import Target, World
from stormdrill.commands import doctor
from stormdrill.commands.heal import heal, would_heal
from stormdrill.rehearsal import world
from stormdrill.rehearsal.loop import refuse_leftovers
from stormdrill.rehearsal.runs_under_way import known, under_way
from stormdrill.rehearsal.world import RunningWorld, orphaned_worlds, running_world, what_is_left, worlds_folder


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
    of_me, of_another = f"run-{mine.pid}-{mine.started}", f"run-{mine.pid}-{mine.started + 1}"
    for name in (of_me, f"{of_me}.2", of_another, f"{of_another}.2", f"run-{mine.pid}", "run-x", "leases", "run-1-2-3"):
        (home / name).mkdir()
    (home / "run-99-99").touch()
    assert {world.folder.name for world in orphaned_worlds()} == {of_another, f"{of_another}.2", "run-99-99"}


def test_a_world_comes_up_beside_the_one_before_that_goes_down(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a folder of its own, and what is left is named."""
    monkeypatch.setattr(
        world, "start", lambda module, _switches, _nonce, folder, _tell: folder.mkdir() or RunningWorld(module, folder, folder)
    )
    monkeypatch.setattr(world, "stop", lambda _module, folder: folder.rmdir() or "")
    assert what_is_left() == "nothing is left running"
    shipped = World(module="mock_bank")
    with running_world(shipped, "n", print) as first:
        with running_world(shipped, "n", print) as second:
            assert [second.folder.name, second.folder.parent] == [f"{first.folder.name}.2", home]
        with running_world(shipped, "n", print) as third:
            assert third.folder == second.folder
        assert what_is_left() == f"the world in {first.folder} is left, run: stormdrill heal"
    assert what_is_left() == "nothing is left running"


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


def test_doctor_shows_all_of_what_heal_would_take(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Names and paths are whole however narrow the terminal is, and brackets in them are no markup."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(doctor, "LOOKS", (doctor._leftovers,))
    lease(watchdog_started=me().started + 1)
    there = Leases().folder / "1.json"
    there.write_text(there.read_text().replace("process-freeze", "[/red]freeze"))
    (Leases().folder / f"{'long-name-' * 12}.json").write_text("{")
    would = would_heal()
    assert len(would) == 2
    assert doctor.doctor() == 70
    shown = "".join(capsys.readouterr().out.split()).replace("run:stormdrillheal", "")  # which stands beside it
    assert all("".join(each.split()) in shown for each in would), shown


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


def _given_to_nobody(folder: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(folder, 65534, 65534)


STRANGE: dict[str, Callable[[Path], None]] = {
    "open to others": lambda folder: folder.chmod(0o777),
    "somebody else's": _given_to_nobody,
    "a link": lambda folder: folder.symlink_to(folder.rename(folder.with_name(f"not-{folder.name}"))),
}


@pytest.mark.parametrize("of_all", [True, False], ids=["the folder of all", "each folder"])
@pytest.mark.parametrize("strange", STRANGE)
def test_what_others_may_have_put_there_neither_refuses_a_run_nor_is_believed(
    home: Path, tmp_path: Path, strange: str, *, of_all: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Leases, watchdogs and runs under way count from folders of this user's alone; whoever would write there is told why not."""
    mine = me()
    lease(watchdog_started=mine.started + 1)
    Leases().announce(Watch(watchdog=mine, door=mine, boot=boot()))
    with known(Run(tmp_path / "run")):
        assert (len(would_heal()), len(Leases().watches()), len(under_way())) == (1, 1, 1)
        for folder in (home,) if of_all else (Leases().folder, home / "observed"):
            STRANGE[strange](folder)
        assert (would_heal(), Leases().watches(), under_way()) == ([], [], [])
        refuse_leftovers(of_a_bank())
        assert heal() == 70
        assert "must be a folder of your own that nobody else may write to" in capsys.readouterr().out
        with pytest.raises(ChaosError, match="must be a folder of your own"), known(Run(tmp_path / "other")):
            pass


def test_worlds_of_others_are_left_alone(home: Path) -> None:
    """A folder of somebody else's that is named as a world of ours is none."""
    (home / "run-99-99").mkdir()
    _given_to_nobody(home / "run-99-99")
    assert orphaned_worlds() == []
