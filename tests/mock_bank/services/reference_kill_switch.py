"""What the campaign kill switch must do, said as plainly as can be: all that was ever told is kept, and looked through anew each time."""

from dataclasses import dataclass, field

from mock_bank.services.kit.kill_switch import KillSwitchPolicy


@dataclass
class Reference:
    """The switch of a policy."""

    policy: KillSwitchPolicy
    told: dict[str, list[tuple[float, int, int]]] = field(default_factory=dict)  # by signal: when, all, bad
    heard_s: dict[str, float] = field(default_factory=dict)
    grave: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    first_look_s: float | None = None
    trips: int = 0
    paused: bool = False
    notices: list[tuple[float, str]] = field(default_factory=list)  # of this trip
    lost: bool = False  # whether the last notice was
    acknowledged: bool = False
    token: tuple[str, str, float] | None = None  # the one that is out: itself, whose, since when

    def look(self, now_s: float) -> str:
        """The switch looks at its signals; whom it tells."""
        self.first_look_s = now_s if self.first_look_s is None else self.first_look_s
        for name, signal in self.policy.signals.items():
            silent_s = now_s - max(self.heard_s.get(name, self.first_look_s), self.first_look_s)
            self._put(self.stale, name, there=signal.stale_after_s is not None and silent_s > signal.stale_after_s)
            self._put(self.grave, name, there=self._is_grave(name, now_s))
        if self.grave and not self.paused:
            self.paused, self.trips = True, self.trips + 1
            self.notices, self.lost, self.acknowledged, self.token = [], False, False, None
        return self._next_notice(now_s)

    def ask(self, now_s: float, person: str, token: str, *, may: bool) -> bool:
        """The first signature; whether the token is out."""
        if not (self.paused and may and not self.grave):
            return False
        self.token = (token, person, now_s)
        return True

    def resume(self, now_s: float, person: str, token: str, *, may: bool) -> bool:
        """The second signature; whether the campaign goes on."""
        if not (self.paused and may and not self.grave) or self.token is None or self.token[0] != token:
            return False
        _, asker, since_s = self.token
        self.token = None
        if person == asker or now_s - since_s >= self.policy.token_lasts_s:
            return False
        self.paused = False
        return True

    def acknowledge(self, trip: int) -> bool:
        """Whether this was about the trip that it stands in."""
        if not self.paused or trip != self.trips:
            return False
        self.acknowledged = True
        return True

    def _is_grave(self, name: str, now_s: float) -> bool:
        signal = self.policy.signals[name]
        window = [one for one in self.told.get(name, []) if now_s - signal.window_s < one[0] <= now_s]
        total, bad = sum(one[1] for one in window), sum(one[2] for one in window)
        if total < signal.minimum or bad < signal.least_bad:
            return False
        if name in self.grave:
            return bad / total >= signal.calm_below
        return name not in self.stale and bad / total >= signal.grave_at

    def _next_notice(self, now_s: float) -> str:
        if not self.paused or self.acknowledged:
            return ""
        if self.notices and not self.lost and now_s - self.notices[-1][0] < self.policy.escalates_after_s:
            return ""
        contact = self.policy.contacts[len(self.notices) % len(self.policy.contacts)]
        self.notices.append((now_s, contact))
        self.lost = False
        return contact

    @staticmethod
    def _put(names: set[str], name: str, *, there: bool) -> None:
        (names.add if there else names.discard)(name)
