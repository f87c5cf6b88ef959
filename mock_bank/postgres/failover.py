"""Keeps one leader and one standby: carries out what `decision` decides, one step at a time, and looks after the standby.

Whatever a step raises is told, and the next step looks again at what is: nothing depends on the one before having succeeded.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mock_bank.errors import WorldFaultError
from mock_bank.postgres.decision import Sight, Step, next_step, next_term
from mock_bank.postgres.interfaces import Member, Policy, Router, Teller
from mock_bank.postgres.silence import Confirmation
from mock_bank.postgres.term import Data, Term

_TICK_S = 0.1
_ASK_AGAIN_S = 0.01
_BACKOFF_S, _LONGEST_BACKOFF_S = 0.1, 5.0
_FROZEN_AFTER_S, _LONGEST_FROZEN_AFTER_S = 1.0, 8.0
_START_TIMEOUT_S = 30.0
_PROMOTE_TIMEOUT_S = 4.0
_PROMOTE_AGAIN_S = 0.5
_FOLLOW_TIMEOUT_S = 20.0
_LOST_AFTER_S = 1.0


@dataclass(slots=True)
class _Progress:
    """How far a term has come, as far as this process knows."""

    deadline_s: float
    fenced: bool = False
    recovering: bool | None = None
    promoted_at_s: float | None = None
    told: set[str] = field(default_factory=set)
    restarts: int = 0
    not_before_s: float = 0.0


@dataclass(slots=True)
class _Other:
    """What is known of the one who does not lead."""

    followed: bool = False  # it has followed the leader of this term
    synchronous: bool = False  # every commit acknowledged now is on both
    names_set: bool | None = False  # the leader's configuration tells it to wait; None: it was a predecessor's to know
    lost_at_s: float | None = None
    lost_told: bool = False
    due_at_s: float = 0.0
    confirmation: Confirmation = field(default_factory=Confirmation)


class Failover:
    """Only one step is ever under way, and at most one task that brings back the other server."""

    def __init__(
        self,
        policy: Policy,
        members: tuple[Member, Member],
        term: Term,
        *,
        router: Router,
        events: Teller,
        keep: Callable[[Term], None],
        changed: Callable[[], None],
    ) -> None:
        """`term` is on disk already; `keep` puts the next ones there; `changed` is called when roles or processes have changed."""
        self._loop = asyncio.get_running_loop()
        self._policy, self._members = policy, {member.name: member for member in members}
        self.term = term
        self._router, self._events, self._keep, self._changed = router, events, keep, changed
        self._progress = _Progress(self._now() + _START_TIMEOUT_S)
        self._other = _Other(names_set=None)
        self._job: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        if term.established:
            router.order(term.leader, term.number)

    # What others ask.

    def wake(self) -> None:
        """Something happened that the next step should see at once."""
        self._wake.set()

    def hold(self, seconds: float) -> None:
        """Bring nothing back for so long, unless `release` comes first."""
        self._decide(replace(self.term, hold_until_s=self._now() + seconds))
        self._events.add("hold", seconds=seconds)

    def release(self) -> None:
        """Bring back now what is lost."""
        self._other.due_at_s = 0.0
        self._decide(replace(self.term, hold_until_s=0.0, released=True))
        self._events.add("hold-released")
        self.wake()

    @property
    def primary(self) -> Member:
        """Who leads, or is to lead, in this term."""
        return self._members[self.term.leader]

    @property
    def standby(self) -> Member:
        """The other one, whatever its state."""
        return next(member for name, member in self._members.items() if name != self.term.leader)

    @property
    def following(self) -> bool:
        """Whether the standby follows the leader now."""
        status = self.primary.status
        return bool(self.term.established and self.primary.writer and self.standby.alive and status and status.followed())

    @property
    def synchronous(self) -> bool:
        """Whether every commit acknowledged now is on both."""
        return self._other.synchronous

    def why_unhealthy(self) -> str | None:
        """Why the databases are not healthy; None when there is one writer, reached by customers, and a standby with all it must have."""
        writers = [member.name for member in self._members.values() if member.writer]
        if writers != [self.term.leader] or not self.term.established:
            return f"writers: {', '.join(writers) or 'none'}"
        if self._router.dirty:
            return f"the gateway does not point to {self.term.leader}"
        if not self.following:
            held = not self.term.released or self._now() < self.term.hold_until_s
            return f"{self.standby.name} does not follow {self.term.leader}{' and is held back' if held else ''}"
        if self._policy.durability == "sync" and not self.synchronous:
            return f"{self.standby.name} is not synchronous"
        return None

    # The loop.

    async def run(self) -> None:
        """Look and act until cancelled."""
        looking = asyncio.create_task(self._look())
        try:
            await self._act()
        finally:
            looking.cancel()

    async def _look(self) -> None:
        """Listen to both at a pace of its own, for a step may take long, and silence counts only while somebody listens."""
        while True:
            for member in self._members.values():
                if member is self.primary or not self._job:
                    member.observe(self._now())
            await asyncio.sleep(_TICK_S)

    async def _act(self) -> None:
        failures = 0
        while True:
            try:
                pause_s = await self._step()
                failures = 0
            except Exception as error:  # noqa: BLE001 - giving up would help nobody: it is told, and looked at again
                failures += 1
                self._events.add("trouble", part="failover", reason=str(error) or repr(error))
                pause_s = min(_BACKOFF_S * 2 ** min(failures - 1, 10), _LONGEST_BACKOFF_S)
            if pause_s:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause_s)
                self._wake.clear()

    async def close(self) -> None:
        """No more steps; what was under way is ended."""
        if self._job:
            self._job.cancel()
            await asyncio.wait([self._job], timeout=5.0)

    async def _step(self) -> float:
        """Do the one thing that is to be done now; returned is how long nothing needs to be looked at."""
        now_s = self._now()
        match next_step(self.term, self._sight(now_s)):
            case Step.MIND_OTHER:
                self._mind_other(now_s)
                return _TICK_S
            case Step.NEW_TERM:
                self._begin_term(now_s)
            case Step.FENCE_FORMER:
                await self._fence_former()
            case Step.START:
                return await self._start(now_s)
            case Step.RESTART:
                await self._restart()
            case Step.ASK:
                return await self._ask()
            case Step.PROMOTE:
                return await self._promote(now_s)
            case Step.ESTABLISH:
                await self._establish()
        return 0.0

    def _sight(self, now_s: float) -> Sight:
        leader, progress = self.primary, self._progress
        return Sight(
            alive=leader.alive,
            frozen=leader.frozen,
            fenced=progress.fenced,
            recovering=progress.recovering,
            overdue=now_s >= progress.deadline_s,
        )

    def _decide(self, term: Term) -> None:
        self._keep(term)  # first: what is not on disk has not been decided
        self.term = term

    def _tell_once(self, kind: str, **detail: str) -> None:
        if kind not in self._progress.told:
            self._progress.told.add(kind)
            self._events.add(kind, term=self.term.number, **detail)

    def _now(self) -> float:
        return self._loop.time()

    # A new leader.

    def _begin_term(self, now_s: float) -> None:
        leader, other = self.primary, self.standby
        cause = "frozen" if leader.alive else "dead"
        self._events.add("detected", database=leader.name, cause=cause, role="primary")
        self._decide(
            next_term(
                self.term,
                other.name,
                self._policy.durability,
                alive=other.alive,
                whole=self._job is None,
                followed=self._other.followed,
                synchronous=self.synchronous,
            )
        )
        self._progress, self._other = _Progress(now_s + _START_TIMEOUT_S), _Other()
        if self._job:  # what it has half done is on disk as such
            self._job.cancel()

    async def _fence_former(self) -> None:
        self._router.order(None, self.term.number)
        self._tell_once("fencing", database=self.term.former)
        await self._members[self.term.former].fence()
        self._progress.fenced = True

    async def _start(self, now_s: float) -> float:
        leader, progress = self.primary, self._progress
        if now_s < progress.not_before_s:
            return progress.not_before_s - now_s
        same = self.term.leader == self.term.former
        reason = "no standby that is sure to have everything" if same else "it must lead and is dead"
        self._tell_once("restarting", database=leader.name, reason=reason)
        leader.silence_limit_s = min(_FROZEN_AFTER_S * 2**progress.restarts, _LONGEST_FROZEN_AFTER_S)
        progress.not_before_s = now_s + min(_BACKOFF_S * 2**progress.restarts, _LONGEST_BACKOFF_S)
        progress.deadline_s = now_s + _START_TIMEOUT_S * 2**progress.restarts
        progress.recovering = progress.promoted_at_s = None
        progress.restarts = min(progress.restarts + 1, 10)
        await leader.start_leading(self.term)
        self._changed()
        return 0.0

    async def _restart(self) -> None:
        self._tell_once("restarting", database=self.term.leader, reason="it must lead and does not answer")
        await self.primary.fence()
        self._progress.recovering = None

    async def _ask(self) -> float:
        try:
            self._progress.recovering = await self.primary.recovering()
        except Exception:  # noqa: BLE001 - it starts, or is frozen, or dies: which of them, the next look tells
            return _ASK_AGAIN_S
        return 0.0

    async def _promote(self, now_s: float) -> float:
        progress = self._progress
        progress.recovering = None  # whatever comes of the order: it is asked again
        if progress.promoted_at_s is not None and now_s - progress.promoted_at_s < _PROMOTE_AGAIN_S:
            return _ASK_AGAIN_S
        if progress.promoted_at_s is None:
            progress.deadline_s = now_s + _PROMOTE_TIMEOUT_S * 2**progress.restarts
        progress.promoted_at_s = now_s
        self._tell_once("promoting", database=self.term.leader)
        await self.primary.promote()
        return _ASK_AGAIN_S

    async def _establish(self) -> None:
        self._progress.recovering = None
        await self.primary.prove_write()
        self._decide(replace(self.term, established=True))
        term, other = self.term, self._other
        other.lost_at_s, other.lost_told, other.due_at_s = self._now(), True, self._now() + self._policy.rejoin_after_s
        how, why_alone = ("restarted", "was restarted") if term.leader == term.former else ("promoted", "is lost")
        self._events.add(how, database=term.leader, term=term.number)
        self._router.order(term.leader, term.number)
        self._events.add("degraded", database=term.leader, reason=f"{term.former} {why_alone}")
        self._changed()

    # The standby.

    def _mind_other(self, now_s: float) -> None:
        if self._job and not self._job.done():
            self._mind_patience(now_s)
        elif self._job:
            self._job = None
            self._changed()
        elif self.following:
            self._found_standby()
        else:
            self._miss_standby(now_s)

    def _found_standby(self) -> None:
        """It follows: have commits wait for it, and say so once they do."""
        other, status = self._other, self.primary.status
        if other.lost_told:
            self._events.add("standby-back", database=self.standby.name)
        other.lost_at_s, other.lost_told, other.followed = None, False, True
        self.primary.silence_limit_s = _FROZEN_AFTER_S
        if self._policy.durability == "async" or status is None or other.synchronous:
            return
        if other.names_set is not True:
            self.primary.wait_for(self.standby.name)
            other.names_set, other.confirmation = True, Confirmation()
        elif other.confirmation.look(status):
            other.synchronous = True
            self._events.add("synchronous", database=self.standby.name)
            self._changed()

    def _miss_standby(self, now_s: float) -> None:
        other, standby = self._other, self.standby
        if other.lost_at_s is None:
            other.lost_at_s = now_s
        if not standby.alive:
            other.followed = False
        if not other.lost_told and (not standby.alive or now_s - other.lost_at_s >= _LOST_AFTER_S):
            other.lost_told = True
            cause = "dead" if not standby.alive else "frozen" if standby.frozen else "cut off"
            self._events.add("standby-lost", database=standby.name, cause=cause)
            other.due_at_s = now_s + self._policy.rejoin_after_s
        self._mind_patience(now_s)
        gone = not standby.alive or self.term.other is not Data.CLEAN
        if gone and self.term.released and now_s >= max(other.due_at_s, self.term.hold_until_s):
            other.followed = False
            self._job = asyncio.create_task(self._bring_back(standby, self.term.number))
            self._job.add_done_callback(lambda _: self.wake())

    def _mind_patience(self, now_s: float) -> None:
        other, patience_s = self._other, self._policy.patience_s
        if self.following or other.names_set is False or other.lost_at_s is None or now_s - other.lost_at_s < patience_s:
            return
        other.synchronous = other.names_set = False  # before the reload: from here on acknowledged may mean on one only
        self.primary.wait_for("")
        self._events.add("degraded", database=self.term.leader, reason=f"{self.standby.name} was lost for {patience_s:g} s")

    # Coming back.

    async def _bring_back(self, lost: Member, number: int) -> None:
        """Make it a standby again; never raises, for what it did not reach is tried again."""
        self._events.add("rejoining", database=lost.name)
        try:
            await lost.fence()
            await self._make_whole(lost, number)
            if not await self._follow(lost):
                self._events.add("trouble", part=lost.name, reason=f"it does not follow {self.term.leader}; copying it instead")
                await lost.fence()
                self._note(Data.TORN, number)
                await self._make_whole(lost, number)
                if not await self._follow(lost):
                    raise WorldFaultError(f"it does not follow {self.term.leader} within {_FOLLOW_TIMEOUT_S:g} s")  # noqa: TRY301
            self._decide(replace(self.term, released=self._policy.auto_rejoin))
        except Exception as error:  # noqa: BLE001 - as in `run`
            self._other.due_at_s = self._now() + self._policy.rejoin_after_s
            self._events.add("trouble", part=lost.name, reason=f"it could not rejoin: {error or repr(error)}")
            return
        self._other.lost_told, self._other.synchronous, self._other.confirmation = False, False, Confirmation()
        self._events.add("rejoined", database=lost.name)

    async def _make_whole(self, lost: Member, number: int) -> None:
        leader = self.term.leader
        if self.term.other is Data.DIVERGED:
            self._note(Data.TORN, number)
            try:
                await lost.rewind(leader)
                self._note(Data.CLEAN, number)
            except Exception as error:  # noqa: BLE001 - then it is copied
                self._events.add("trouble", part=lost.name, reason=f"{error or repr(error)}; copying {leader} instead")
        if self.term.other is Data.TORN:
            await lost.copy(leader)
            self._note(Data.CLEAN, number)

    def _note(self, data: Data, number: int) -> None:
        """What its data is good for from now on; a word about another term is refused."""
        if self.term.number != number:
            raise WorldFaultError(f"term {number} is over")
        self._decide(replace(self.term, other=data))

    async def _follow(self, lost: Member) -> bool:
        """Start it as a standby; whether it follows in time."""
        await self.primary.prove_write()  # what it is to catch up with may lie unwritten in an idle leader for long
        await lost.start_following(self.term.leader, self.term)
        self._changed()
        deadline_s = self._now() + _FOLLOW_TIMEOUT_S
        while not self.following:
            if self._now() >= deadline_s or not lost.alive:
                return False
            await asyncio.sleep(_TICK_S / 2)
        return True
