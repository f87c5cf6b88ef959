"""A world comes, goes, and leaves nothing; whoever starts it, and however it ended."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import psutil
import pytest
from world_lab import CHECKOUT, World, command, freeze, kill, running, until, world

from mock_bank.errors import Busy
from mock_bank.layout.folders import alone, layout
from mock_bank.world import down


def _shared_memory() -> set[str]:
    """The System V segments of this machine."""
    table = Path("/proc/sysvipc/shm")
    return {line.split()[0] for line in table.read_text().splitlines()[1:]} if table.exists() else set()


def _segments_of(bank: World) -> set[str]:
    """The keys of the segments that guard the world's data folders."""
    files = [Path(d["data_dir"]) / "postmaster.pid" for d in bank.topology()["databases"]]
    return {file.read_text().splitlines()[6].split()[0] for file in files}


def test_crashed_world_is_cleaned_up_by_the_next_and_down_leaves_nothing(tmp_path: Path) -> None:
    """Of a world whose supervisor was killed, with a dead primary and a frozen standby, no process, file or shared memory is left."""
    folder = tmp_path / "world"
    with world(folder) as first:
        pids, data, guards = first.pids(), first.database("primary")["data_dir"], _segments_of(first)
        topology = first.topology()
        psutil.Process(topology["supervisor"]["pid"]).suspend()  # or it would end the world by itself
        kill(topology["pid"])
        kill(first.database("primary")["pid"])
        frozen = freeze(first.database("standby")["pid"])
        assert command("status", "--dir", str(folder)).returncode == 64
        with world(folder) as second:
            left = [pid for pid in [*pids, *(p.pid for p in frozen)] if running(pid) and pid not in second.pids()]
            assert left == []
            pids, guards = [*pids, *second.pids()], guards | _segments_of(second)
        assert not folder.exists()
        assert not Path(data).exists()
        assert [pid for pid in pids if running(pid)] == []
        assert not guards & _shared_memory()


def test_down_without_a_world_says_so(tmp_path: Path) -> None:
    """Taking down what is not there is not an error."""
    done = command("down", "--dir", str(tmp_path / "none"))
    assert (done.returncode, done.stderr) == (0, f"there is no world in {tmp_path / 'none'}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "required: command"),
        (("up", "--durability", "maybe"), "'sync', 'async'"),
        (("up", "--patience", "-1"), "'-1' is not a number of seconds from 0 to 3600"),
        (("up", "--no-such"), "unrecognized arguments: --no-such"),
        (("status", "--dir", "/nowhere/at/all"), "there is no world in /nowhere/at/all"),
    ],
)
def test_wrong_use_is_one_sentence_and_64(arguments: tuple[str, ...], words: str) -> None:
    """Not argparse's 2, which means INVALID in this project; no stack trace."""
    done = command(*arguments)
    assert done.returncode == 64
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_folder_with_other_things_is_refused_and_kept(tmp_path: Path) -> None:
    """A world never moves into, or cleans, a folder that is not its own."""
    (tmp_path / "photo").write_text("mine")
    done = command("up", "--dir", str(tmp_path))
    assert (done.returncode, "holds other things" in done.stderr) == (64, True)
    assert (tmp_path / "photo").read_text() == "mine"


def test_postgresql_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The setting's folder is named, and what it must be."""
    done = command("up", "--dir", str(tmp_path / "world"), STORMDRILL_POSTGRES=str(tmp_path))
    assert done.returncode == 64
    assert f"{tmp_path} lacks postgres" in done.stderr
    assert not (tmp_path / "world").exists()


@pytest.fixture
def stranger() -> Iterator[tuple[list[str], dict[str, str], Path]]:
    """How to run as an ordinary user, with a folder of his own that is closed to others."""
    if os.getuid() != 0:
        pytest.skip("the other tests run as an ordinary user already")
    same = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not (shutil.which("runuser") and Path(same).exists()):
        pytest.skip(f"another user needs runuser and {same}, for this interpreter may be closed to him")
    entry = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, entry.pw_uid, entry.pw_gid)
        paths = os.pathsep.join([str(CHECKOUT), *(path for path in sys.path if path.endswith("site-packages"))])
        environment = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": home}
        yield ["runuser", "-u", "nobody", "--", same], environment, Path(home)


def test_ordinary_user_in_a_closed_home_gets_a_world_too(stranger: tuple[list[str], dict[str, str], Path]) -> None:
    """Everything runs as that user, and nothing is left in his temporary folder but the cluster that is kept for the next world."""
    python, environment, home = stranger
    folder = home / "world"
    done = command("up", "--dir", str(folder), python=python, **environment)
    try:
        assert done.returncode == 0, done.stderr
        up = World(folder)
        assert up.healthy()["primary"] == "db-a"
        assert {psutil.Process(pid).username() for pid in up.pids()} == {"nobody"}
    finally:
        assert command("down", "--dir", str(folder), python=python, **environment).returncode == 0
    private = home / f"stormdrill-{pwd.getpwnam('nobody').pw_uid}"
    assert list(home.iterdir()) == [private]
    assert {path.name.split("-")[0] for path in private.iterdir()} == {"cluster", "cluster.lock"}, "more is left than what is kept"


def test_interrupted_start_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C while it starts ends what was started."""
    folder = tmp_path / "world"
    argv = [sys.executable, "-m", "mock_bank", "up", "--dir", str(folder)]
    starting = subprocess.Popen(argv, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
    assert starting.stderr
    assert "starting" in starting.stderr.readline()
    pids = until(lambda: folder / "pids.jsonl" if (folder / "pids.jsonl").exists() else None, "a first process").read_text()
    starting.send_signal(signal.SIGSTOP)  # so that it is still starting, however slow the next line is
    second = command("up", "--dir", str(folder))
    assert (second.returncode, "another up or down is at work" in second.stderr) == (64, True)
    with pytest.raises(Busy, match="another up or down is at work"):
        down(folder, patience_s=0.1)
    starting.send_signal(signal.SIGINT)
    starting.send_signal(signal.SIGCONT)
    _, told = starting.communicate(timeout=30)
    assert starting.returncode == 70
    assert "interrupted" in told
    assert not (folder / "data").exists()
    assert [p for p in psutil.process_iter() if str(folder) in " ".join(_command_line(p))] == [], pids


@pytest.fixture
def owner() -> Iterator["subprocess.Popen[bytes]"]:
    """A process for a world to go with."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def test_world_goes_with_its_owner_and_leaves_nothing(tmp_path: Path, owner: "subprocess.Popen[bytes]") -> None:
    """The owner is killed, and nobody says `down`: no process, file or shared memory is left."""
    with world(tmp_path / "world", "--owner", str(owner.pid)) as bank:
        pids, data, guards = bank.pids(), bank.database("primary")["data_dir"], _segments_of(bank)
        owner.kill()
        owner.wait()
        until(lambda: not bank.folder.exists(), "the world's folder is gone")
        until(lambda: not [pid for pid in pids if running(pid)], "its processes are gone")
        assert not Path(data).exists()
        assert not guards & _shared_memory()


def test_world_ends_when_its_first_process_is_killed(tmp_path: Path) -> None:
    """Nobody is left who could start its supervisor again: the supervisor ends the world, and the next `down` removes the files."""
    folder = tmp_path / "world"
    with world(folder) as bank:
        pids = bank.pids()
        first = bank.topology()["pid"]
        kill(first)
        until(lambda: not [pid for pid in pids if running(pid)], "its processes are gone")
        assert bank.topology()["pid"] == first, "whoever looks for the world's first process is led to another"
        status = command("status", "--dir", str(folder))
        assert (status.returncode, "has crashed" in status.stderr) == (64, True)
    assert not (folder / "data").exists()


def test_world_whose_folder_is_removed_ends(tmp_path: Path) -> None:
    """Nobody could take it down any more; its data, which may lie elsewhere, is removed too."""
    with world(tmp_path / "world") as bank:
        pids, data = bank.pids(), Path(bank.database("primary")["data_dir"])

        def removed() -> bool:
            """Whether all of it is gone: a database may still write into it, and the world itself takes its data away."""
            shutil.rmtree(bank.folder, ignore_errors=True)
            return not bank.folder.exists()

        until(removed, "its folder is gone")
        until(lambda: not [pid for pid in pids if running(pid)], "its processes are gone")
        until(lambda: not data.exists(), "its data is gone")


def test_owner_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A pid without a process would be anybody's later."""
    done = command("up", "--dir", str(tmp_path / "world"), "--owner", "4194304000")
    assert (done.returncode, "no living process" in done.stderr) == (64, True)


@pytest.mark.parametrize("switch", ["dir=/x", "nonce=x", "owner=1", "dura=async", "nice=5 --dir=/x", "allow-oversell=yes", ""])
def test_switches_are_an_allowed_list(tmp_path: Path, switch: str) -> None:
    """A target's file says how its world is, never where or whose it is: one sentence and 64, and nothing is made."""
    done = command("up", "--dir", str(tmp_path / "world"), "--switch", switch)
    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert list(tmp_path.iterdir()) == []


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_down_waits_for_whoever_is_taking_the_world_down(tmp_path: Path) -> None:
    """As a world does by itself whose owner is gone: `heal` need not be called again."""
    folder = tmp_path / "world"
    folder.mkdir()
    folders = layout(folder, os.getuid())
    folders.settings.write_text("{}")
    with ThreadPoolExecutor(1) as others:
        with alone(folder):
            waiting = others.submit(down, folder)
            assert not wait([waiting], 0.3).done
            folders.settings.unlink()
        assert waiting.result(30)
    assert not down(folder)
