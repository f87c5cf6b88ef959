"""What a circuit breaker must do, said as plainly as can be: all calls are kept, and every figure is counted anew when it is wanted."""

from dataclasses import dataclass, field

from mock_bank.services.kit.circuit_breaker import BreakerPolicy


class Hands:
    """A clock that is set by hand."""

    def __init__(self, now_s: float = 1000.0) -> None:
        """Any time but a negative one."""
        self.now_s = now_s

    def monotonic(self) -> float:
        """The time."""
        return self.now_s


@dataclass(frozen=True)
class Ended:
    """A call that came to its end while its breaker was still in the state that had let it through."""

    at_s: float
    failed: bool
    slow: bool


@dataclass
class Reference:
    """The breaker of a policy."""

    policy: BreakerPolicy
    clock: Hands
    state: str = "closed"
    era: int = 0  # how often it has changed: what is let through in one counts in no other
    opened_s: float = 0.0
    let_through: int = 0  # in this era, and not cancelled
    probes: int = 0  # in this era, cancelled ones too
    ended: list[Ended] = field(default_factory=list)  # in this era

    def ask(self) -> bool:
        """Whether a call may go now."""
        if self.state == "open" and self.clock.now_s - self.opened_s >= self.policy.wait_open_s:
            self._become("half_open")
        if self.state == "open" or (self.state == "half_open" and self.let_through >= self.policy.probes):
            return False
        self.let_through += 1
        self.probes += self.state == "half_open"
        return True

    def cancel(self, era: int) -> None:
        """A call that was let through in that era is given up."""
        if era == self.era and self.state == "half_open":
            self.let_through -= 1

    def end(self, era: int, took_s: float, *, failed: bool) -> None:
        """A call that was let through in that era has ended."""
        if era != self.era:
            return
        self.ended.append(Ended(self.clock.now_s, failed, took_s >= self.policy.slow_after_s))
        enough = self.policy.probes if self.state == "half_open" else self._minimum()
        counted = self.ended if self.state == "half_open" else self.window()
        if len(counted) < enough:
            return
        bad = self._share(counted, "failed") >= self.policy.failure_rate or self._share(counted, "slow") >= self.policy.slow_rate
        if bad:
            self.open()
        elif self.state == "half_open":
            self._become("closed")

    def open(self) -> None:
        """From now on."""
        self.opened_s = self.clock.now_s
        self._become("open")

    def window(self) -> list[Ended]:
        """The calls that count while it is closed: the last so many, or those of the last so many seconds, this one included."""
        if self.policy.window_calls:
            return self.ended[-self.policy.window_calls :]
        return [one for one in self.ended if int(one.at_s) > int(self.clock.now_s) - self.policy.window_s]

    def _minimum(self) -> int:
        return min(self.policy.minimum_calls, self.policy.window_calls or self.policy.minimum_calls)

    @staticmethod
    def _share(calls: list[Ended], what: str) -> float:
        return sum(getattr(call, what) for call in calls) / len(calls)

    def _become(self, state: str) -> None:
        self.state, self.era, self.let_through, self.probes, self.ended = state, self.era + 1, 0, 0, []
