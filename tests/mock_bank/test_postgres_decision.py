"""Who leads: whatever is killed, frozen, slow or given up, in whatever order, there is one writer, and nothing acknowledged is lost."""

import os

import pytest
from failover_lab import Answer, FakeWorld
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

HISTORIES = int(os.environ.get("STORMDRILL_HISTORIES", "75"))  # thousands by `make failover`
CALLS = ["fence", "checkpoint", "retire", "start", "ask", "promote", "promotion", "write", "rewind", "copy", "reload", "gateway"]
ERRORS: list[type[Exception]] = [TimeoutError, OSError, RuntimeError, KeyError]
servers = st.sampled_from("ab")


class Histories(RuleBasedStateMachine):
    """Faults at any time, and calls that go wrong in any way, at every await of the failover."""

    @initialize(durability=st.sampled_from(["sync", "sync", "async"]))
    def begin(self, durability: str) -> None:
        """A healthy world."""
        self.world = FakeWorld(durability)  # type: ignore[arg-type]
        self.world.pass_s(1.0)

    @rule(name=servers)
    def kill(self, name: str) -> None:
        """SIGKILL of a server."""
        self.world.servers[name].die()
        self.world.failover.wake()

    @rule(name=servers)
    def freeze(self, name: str) -> None:
        """SIGSTOP of a server."""
        self.world.servers[name].paused = self.world.servers[name].running

    @rule(name=servers)
    def thaw(self, name: str) -> None:
        """SIGCONT of a server."""
        self.world.servers[name].paused = False

    @rule(name=servers, deaf=st.booleans())
    def starve(self, name: str, *, deaf: bool) -> None:
        """A busy machine: the server works, and answers nobody who watches it."""
        self.world.servers[name].deaf = deaf and self.world.servers[name].running

    @rule(cut=st.booleans())
    def cut(self, *, cut: bool) -> None:
        """The way between the centres."""
        self.world.cut = cut

    @rule(name=servers, what=st.sampled_from(["cut", "freeze", "kill"]))
    def lose_for_long(self, name: str, what: str) -> None:
        """One server, or the way between them, for so long that the other goes on alone; with customers."""
        if what == "cut":
            self.world.cut = True
        elif what == "freeze":
            self.freeze(name)
        else:
            self.kill(name)
        self.wait(7.0)

    @rule(full=st.booleans())
    def fill_disk(self, *, full: bool) -> None:
        """No term can be written down."""
        self.world.disk_full = full

    @rule(
        kind=st.sampled_from(CALLS),
        how=st.sampled_from(["works", "fails", "lies", "late"]),
        after_s=st.sampled_from([0.0, 0.05, 0.6, 1.5, 5.0, 40.0]),
        error=st.sampled_from(ERRORS),
        times=st.integers(1, 3),
    )
    def arrange(self, kind: str, how: str, after_s: float, error: type[Exception], times: int) -> None:
        """The next calls of a kind go so."""
        self.world.answers[kind].extend([Answer(how, after_s, error)] * times)

    @rule(seconds=st.sampled_from([0.01, 0.05, 0.3, 1.1, 6.0, 30.0]))
    def wait(self, seconds: float) -> None:
        """Time goes by, with customers."""
        for _ in range(5):
            self.world.write()
            self.world.pass_s(seconds / 5)

    @rule()
    def lose_supervisor(self) -> None:
        """It is killed, and another takes over."""
        self.world.lose_supervisor()

    @precondition(lambda self: not self.world.disk_full)
    @rule(seconds=st.sampled_from([1.0, 60.0]))
    def hold(self, seconds: float) -> None:
        """Somebody wants nothing to be brought back."""
        self.world.failover.hold(seconds)

    @precondition(lambda self: not self.world.disk_full)
    @rule(name=servers)
    def switch(self, name: str) -> None:
        """Somebody wants this one to lead."""
        self.world.failover.switch(name)

    @rule()
    def heal(self) -> None:
        """All is well again, from wherever it was."""
        self.world.healed()

    @invariant()
    def one_writer(self) -> None:
        """At most."""
        if hasattr(self, "world"):
            self.world.check()

    def teardown(self) -> None:
        """From wherever it was."""
        if hasattr(self, "world"):
            try:
                self.world.healed()
            finally:
                self.world.close()


def test_planned_switch_goes_over_and_back_without_a_loss_noticed_or_written_down() -> None:
    """Two orders, two terms, no detection; the former leader is whole again at once, without waiting as for a lost one."""
    world = FakeWorld("sync")
    world.pass_s(1.0)
    for number, to in enumerate("ba", 2):
        world.failover.switch(to)
        world.pass_s(2.0)
        world.write()
        assert (world.disk.leader, world.disk.number, world.routed) == (to, number, to)
        assert world.failover.why_unhealthy() is None
    kinds = [kind for kind, _ in world.events]
    assert kinds.count("switching") == kinds.count("promoted") == 2
    assert "detected" not in kinds
    world.healed()
    world.close()


TestHistories = pytest.mark.timeout(3600)(Histories.TestCase)
TestHistories.settings = settings(
    max_examples=HISTORIES, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
