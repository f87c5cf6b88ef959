"""What the failover works with: two servers, a gateway, somebody to tell, and its owner's choices. Real ones, or a test's."""

from dataclasses import dataclass
from typing import Protocol

from mock_bank.postgres.decision import Durability
from mock_bank.postgres.silence import ServerStatus
from mock_bank.postgres.term import Term


class Member(Protocol):
    """One of the two servers. Every call may be slow, may fail, and may have done its work although it failed."""

    silence_limit_s: float  # how long it may be silent before it counts as frozen

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def alive(self) -> bool:
        """Whether its process runs, frozen or not, and has not been told to shut down."""

    @property
    def frozen(self) -> bool:
        """Whether it runs and has been silent for too long."""

    @property
    def writer(self) -> bool:
        """Whether it runs and takes writes, as far as it last said."""

    @property
    def status(self) -> ServerStatus | None:
        """What it last said of itself."""

    def observe(self, now_s: float) -> None:
        """One look, which never waits."""

    def wait_for(self, standby: str) -> None:
        """Have its commits wait for this standby; for nobody where it is empty."""

    async def checkpoint(self) -> None:
        """Have everything it holds on disk, so that its end takes no longer than it must."""

    async def retire(self) -> None:
        """Have it end itself, its standby having all that it wrote; returns when it has, or after a while."""

    async def fence(self) -> None:
        """End all its processes for good."""

    async def start_leading(self, term: Term) -> None:
        """Start it as what its data makes it, in this term; returns before it answers."""

    async def start_following(self, leader: str, term: Term) -> None:
        """Start it as a standby of that leader, in this term; returns before it answers."""

    async def recovering(self) -> bool:
        """Ask it now whether it is a standby."""

    async def promote(self) -> None:
        """Tell it to become the leader; returns before it is."""

    async def prove_write(self) -> None:
        """Have it take a write, whatever the standby does."""

    async def rewind(self, leader: str) -> None:
        """Take back, while it is stopped, what that leader never had."""

    async def copy(self, leader: str) -> None:
        """Throw its data away and copy that leader's."""


class Router(Protocol):
    """Lets customers through to one database, or to none."""

    @property
    def dirty(self) -> bool:
        """Whether it may not be as it was ordered."""

    def order(self, primary: str | None, term: int) -> None:
        """Have exactly this database serve, as decided in this term; never waits, an older term is refused."""


class Leadership(Protocol):
    """Who leads the two servers: decided by this process's failover, or seen of what others decide."""

    @property
    def primary(self) -> str:
        """Who leads, or is to lead."""

    @property
    def leads(self) -> bool:
        """Whether it takes writes as the leader."""

    @property
    def standby(self) -> str | None:
        """Who follows it now."""

    @property
    def lag_ms(self) -> float | None:
        """By how much the standby is behind, as the leader claims; None where it claims nothing."""
        ...

    @property
    def synchronous(self) -> bool:
        """Whether every commit acknowledged now is on both."""

    def wake(self) -> None:
        """Something happened that should be seen at once."""

    def hold(self, seconds: float) -> None:
        """Bring nothing back for so long, unless `release` comes first."""

    def release(self) -> None:
        """Bring back now what is lost."""

    def switch(self, to: str) -> None:
        """Have this one lead as soon as it has everything."""

    def why_unhealthy(self) -> str | None:
        """Why the databases are not healthy; None where they are."""

    async def run(self) -> None:
        """Until cancelled."""

    async def close(self) -> None:
        """What was under way is ended."""


class Teller(Protocol):
    """Takes events."""

    def add(self, kind: str, **detail: str | float | bool | None) -> None:
        """Something happened just now."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner of the world has chosen."""

    durability: Durability
    auto_rejoin: bool
    rejoin_after_s: float
    patience_s: float  # how long commits may wait for a lost standby before the leader goes on alone
