"""What the target told of itself, at its own time: one model per kind, its docstring saying what happened."""

from typing import ClassVar

from pydantic import JsonValue

from scenarios.run.facts import Facts, kinds_of


class OfSystem(Facts):
    """What the target told of itself, at its own time."""

    source: str
    told: str = ""  # its own word for it
    detail: str = ""
    more: dict[str, JsonValue] = {}


class SystemDetected(OfSystem):
    """The system noticed the fault."""

    kind: ClassVar[str] = "system.detected"


class SystemFencing(OfSystem):
    """The system takes the old writer away."""

    kind: ClassVar[str] = "system.fencing"


class SystemPromoting(OfSystem):
    """The failover command."""

    kind: ClassVar[str] = "system.promoting"


class SystemPromoted(OfSystem):
    """The new path accepts writes."""

    kind: ClassVar[str] = "system.promoted"


class SystemRepointed(OfSystem):
    """The gateway leads to the new writer."""

    kind: ClassVar[str] = "system.repointed"


class SystemDegraded(OfSystem):
    """No synchronous standby: an RPO decision."""

    kind: ClassVar[str] = "system.degraded"


class SystemRejoined(OfSystem):
    """The old writer is a standby again."""

    kind: ClassVar[str] = "system.rejoined"


class SystemRedundant(OfSystem):
    """What is acknowledged is on two parts again."""

    kind: ClassVar[str] = "system.redundant"


class SystemServes(OfSystem):
    """A part serves, for the first time or again: `more` has which, its `node`."""

    kind: ClassVar[str] = "system.serves"


class SystemBreaker(OfSystem):
    """A circuit breaker changed: `more` has its `node` and the `dependency` that it guards."""


class SystemBreakerOpened(SystemBreaker):
    """It lets nothing through."""

    kind: ClassVar[str] = "system.breaker_opened"


class SystemBreakerHalfOpened(SystemBreaker):
    """It lets a few probes through."""

    kind: ClassVar[str] = "system.breaker_half_opened"


class SystemBreakerClosed(SystemBreaker):
    """It lets everything through."""

    kind: ClassVar[str] = "system.breaker_closed"


class SystemKillSwitch(OfSystem):
    """The campaign's kill switch: `more` has what it is `about`, and its time on the target's own clock, `at_ms`."""


class SystemKillSwitchStale(SystemKillSwitch):
    """One of its feeds has fallen silent."""

    kind: ClassVar[str] = "system.kill_switch_stale"


class SystemKillSwitchTripped(SystemKillSwitch):
    """It has paused the campaign."""

    kind: ClassVar[str] = "system.kill_switch_tripped"


class SystemKillSwitchAcknowledged(SystemKillSwitch):
    """Somebody who was told has taken it up."""

    kind: ClassVar[str] = "system.kill_switch_acknowledged"


class SystemKillSwitchResumed(SystemKillSwitch):
    """People have let the campaign go on."""

    kind: ClassVar[str] = "system.kill_switch_resumed"


class SystemKillSwitchRefused(SystemKillSwitch):
    """Somebody wanted the campaign to go on, and it does not."""

    kind: ClassVar[str] = "system.kill_switch_refused"


class SystemWriters(Facts):
    """How many parts of the target accept writes, whenever that changes."""

    kind: ClassVar[str] = "system.writers"
    count: int


class SystemLag(Facts):
    """By how much the standby is behind, as the system claims, whenever it claims something else."""

    kind: ClassVar[str] = "system.lag"
    lag_ms: float | None  # None: it claims nothing, as where no standby follows


class SystemOther(OfSystem):
    """Anything else that the system tells."""

    kind: ClassVar[str] = "system.other"


SYSTEM_KINDS: dict[str, type[OfSystem]] = {name.partition(".")[2]: one for name, one in kinds_of(OfSystem).items()}
"""What a target's events may be mapped to."""
