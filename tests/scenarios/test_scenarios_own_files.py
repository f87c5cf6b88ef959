"""A run's folder is its user's alone, and nothing that the user has put beside it is replaced."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.errors import BadInput
from scenarios.plugins import load_scenario, load_target
from scenarios.run.folder import create_run
from scenarios.target.secrets import crowd_environment


def _run(out: Path) -> Path:
    run, _ = create_run(load_scenario("smoke"), load_target("embedded"), seed=1, workers=1, out=out)
    return run.folder


def test_nobody_else_looks_into_a_run(tmp_path: Path) -> None:
    """Whatever the umask of whoever has started it."""
    before = os.umask(0)
    try:
        folder = _run(tmp_path)
    finally:
        os.umask(before)
    assert {oct(path.stat().st_mode & 0o777) for path in (folder, *(path for path in folder.iterdir() if path.is_dir()))} == {"0o700"}


def test_the_link_to_the_latest_run_follows(tmp_path: Path) -> None:
    """Also where the run that it led to is gone."""
    first = _run(tmp_path)
    second = _run(tmp_path)
    assert (tmp_path / "latest").readlink() == Path(second.name) != Path(first.name)
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").symlink_to("20260101T000000Z-gone")
    assert (tmp_path / "latest").resolve() != _run(tmp_path).resolve().parent
    assert (tmp_path / "latest").is_dir()


def _untouched(path: Path) -> tuple[int, int, int]:
    """Which file it is, its kind and when it was changed; not when it was last looked at."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_mtime_ns


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("my notes"),
        Path.mkdir,
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to("/etc"),
        lambda path: path.symlink_to("../20260101T000000Z-smoke"),
        os.mkfifo,
    ],
)
def test_what_is_the_users_stays(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A file, a folder, a link of the user's own that is called `latest`: refused, and no run is made."""
    make(tmp_path / "latest")
    before = _untouched(tmp_path / "latest")
    with pytest.raises(BadInput, match="is no link to a run, so it is left as it is; move it, or name another --out"):
        _run(tmp_path)
    assert _untouched(tmp_path / "latest") == before
    assert [path.name for path in tmp_path.iterdir()] == ["latest"]


@pytest.mark.parametrize("out", ["a\0b", "x" * 300, "file/below", "/proc/nowhere"])
def test_a_place_where_no_run_can_be_is_refused(tmp_path: Path, out: str) -> None:
    """In a sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot make a run folder here"):
        _run(tmp_path / out)


def test_load_processes_get_the_customers_secrets_and_not_the_operators() -> None:
    """What only the control plane sends is not in their environment."""
    target = load_target("embedded")
    assert target.world
    operators = dict.fromkeys(target.world.secrets, "canary-123")
    assert crowd_environment(target, {"HOME": "/h", **operators}) == {"HOME": "/h"}
    carried = target.model_copy(update={"headers": {"X-Token": f"{{secret.{next(iter(operators))}}}"}})
    assert crowd_environment(carried, operators).keys() == {next(iter(operators))}
