"""A world that comes up before its rehearsal's turn is taken down once, whoever takes it or does not."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest

from scenarios.errors import StormdrillError
from scenarios.target.model import World
from stormdrill.rehearsal import world_ahead
from stormdrill.rehearsal.world import RunningWorld, Tell
from stormdrill.rehearsal.world_ahead import WorldsAhead

WORLD = World(module="mock_bank")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What became of each world that was started."""
    told: list[str] = []

    @contextmanager
    def running(_world: World, nonce: str, _tell: Tell, not_down: Tell) -> Iterator[RunningWorld]:
        told.append(f"up {nonce}")
        try:
            yield RunningWorld("mock_bank", Path("world"), Path("topology"))
        finally:
            told.append(f"down {nonce}")
            not_down("it stays")

    monkeypatch.setattr(world_ahead, "running_world", running)
    return told


def test_each_rehearsal_takes_the_world_that_was_started_for_it(said: list[str]) -> None:
    """The first has none, none is started for nobody, and where one stays the rehearsal that took it hears so."""
    heard: list[str] = []
    with closing(WorldsAhead(WORLD, 2)) as worlds:
        with worlds.turn() as first:
            assert first is None
            worlds.start()
            worlds.start()
        with worlds.turn() as second:
            assert second is not None
            with second.taken(heard.append) as world:
                assert world.module == "mock_bank"
                worlds.start()
                assert said == [f"up {second.nonce}"]
    assert said == [f"up {second.nonce}", f"down {second.nonce}"]
    assert heard == ["it stays"]


def test_what_no_rehearsal_took_is_taken_down(said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One that was refused before it began, and one whose turn never came."""
    with closing(WorldsAhead(WORLD, 3)) as worlds:
        with worlds.turn():
            worlds.start()
        with pytest.raises(StormdrillError, match="refused"), worlds.turn():
            raise StormdrillError("refused")
        assert [word.split()[0] for word in said] == ["up", "down"]
        worlds.start()
    assert [word.split()[0] for word in said] == ["up", "down"] * 2
    assert capsys.readouterr().err.count("it stays") == 2


def test_one_that_does_not_come_up_is_told_to_the_rehearsal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And to nobody else."""

    def running(*_: object) -> None:
        raise StormdrillError("the world did not come up")

    monkeypatch.setattr(world_ahead, "running_world", running)
    with closing(WorldsAhead(WORLD, 2)) as worlds:
        with worlds.turn():
            worlds.start()
        with worlds.turn() as mine:
            assert mine is not None
            with pytest.raises(StormdrillError, match="did not come up"), mine.taken(print):
                pass
        worlds.start()


def test_a_target_without_a_world_of_its_own_needs_none(said: list[str]) -> None:
    """Nothing is started."""
    with closing(WorldsAhead(None, 2)) as worlds:
        worlds.start()
        with worlds.turn() as mine:
            assert mine is None
    assert said == []


def test_who_must_wait_for_a_world_to_be_taken_down_hears_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the waiting, not after it."""
    told, coming = Event(), world_ahead.tell_stderr

    @contextmanager
    def running(*_: object) -> Iterator[RunningWorld]:
        assert told.wait(20), "nobody was told"
        yield RunningWorld("mock_bank", Path("world"), Path("topology"))

    def tell(sentence: str) -> None:
        coming(sentence)
        if "coming up" in sentence:
            told.set()

    monkeypatch.setattr(world_ahead, "running_world", running)
    monkeypatch.setattr(world_ahead, "tell_stderr", tell)
    with closing(WorldsAhead(WORLD, 2)) as worlds, worlds.turn():
        worlds.start()
    assert told.is_set()
