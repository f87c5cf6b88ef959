"""Keeps one leader and one standby: carries out what `decision` decides, one step at a time, and looks after the standby.

Whatever a step raises is told, and the next step looks again at what is: nothing depends on the one before having succeeded.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

from mock_bank.postgres.decision import Sight, Step, next_step, next_term
from mock_bank.postgres.interfaces import Member, Policy, Router, Teller
from mock_bank.postgres.pair import Pair
from mock_bank.postgres.progress import Other, Progress
from mock_bank.postgres.rejoin import Rejoin
from mock_bank.postgres.silence import Confirmation
from mock_bank.postgres.term import Data, Term

_TICK_S = 0.1
_ASK_AGAIN_S = 0.01
_BACKOFF_S, _LONGEST_BACKOFF_S = 0.1, 5.0
_FROZEN_AFTER_S, _LONGEST_FROZEN_AFTER_S = 1.0, 8.0
_START_TIMEOUT_S = 30.0
_PROMOTE_TIMEOUT_S = 4.0
_PROMOTE_AGAIN_S = 0.5
_LOST_AFTER_S = 1.0


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
        self._policy, self.pair = policy, Pair(members, term, keep)
        self._router, self._events, self._changed = router, events, changed
        self._progress = Progress(self._now() + _START_TIMEOUT_S)
        self._other = Other(names_set=None)
        self._job: asyncio.Task[None] | None = None
        self._wanted: str | None = None  # who is to lead by somebody's order
        self._wake = asyncio.Event()
        if term.established:
            router.order(term.leader, term.number)

    # What others ask.

    def wake(self) -> None:
        """Something happened that the next step should see at once."""
        self._wake.set()

    def hold(self, seconds: float) -> None:
        """Bring nothing back for so long, unless `release` comes first. To hold on is no news."""
        now_s = self._now()
        begins = now_s >= self.pair.term.hold_until_s
        self.pair.decide(replace(self.pair.term, hold_until_s=now_s + seconds))
        if begins:
            self._events.add("hold", seconds=seconds)

    def release(self) -> None:
        """Bring back now what is lost."""
        self._other.due_at_s = 0.0
        self.pair.decide(replace(self.pair.term, hold_until_s=0.0, released=True))
        self._events.add("hold-released")
        self.wake()

    def switch(self, to: str) -> None:
        """Have this one lead as soon as it has everything, and bring back what it needs for that; an order that stands until it is so."""
        self._wanted = to
        self.release()

    @property
    def primary(self) -> str:
        """Who leads, or is to lead, in this term."""
        return self.pair.primary.name

    @property
    def leads(self) -> bool:
        """Whether it has taken a write in this term."""
        return self.pair.term.established

    @property
    def standby(self) -> str | None:
        """Who follows it now."""
        return self.pair.standby.name if self.pair.following else None

    @property
    def lag_ms(self) -> float | None:
        """By how much the standby is behind, as the leader claims; None where it claims nothing."""
        status = self.pair.primary.status
        return status.lag_ms if status else None

    @property
    def synchronous(self) -> bool:
        """Whether every commit acknowledged now is on both."""
        return self._other.synchronous

    def why_unhealthy(self) -> str | None:
        """Why the databases are not healthy; None when there is one writer, reached by customers, and a standby with all it must have."""
        writers = [member.name for member in self.pair if member.writer]
        if writers != [self.pair.term.leader] or not self.pair.term.established:
            return f"writers: {', '.join(writers) or 'none'}"
        if self._router.dirty:
            return f"the gateway does not point to {self.pair.term.leader}"
        if not self.pair.following:
            held = not self.pair.term.released or self._now() < self.pair.term.hold_until_s
            return f"{self.pair.standby.name} does not follow {self.pair.term.leader}{' and is held back' if held else ''}"
        if self._policy.durability == "sync" and not self.synchronous:
            return f"{self.pair.standby.name} is not synchronous"
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
            for member in self.pair:
                if member is self.pair.primary or not self._job:
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
        match next_step(self.pair.term, self._sight(now_s)):
            case Step.MIND_OTHER:
                self._mind_other(now_s)
                return await self._hand_over() if self._may_hand_over() else _TICK_S
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
        leader, progress = self.pair.primary, self._progress
        return Sight(
            alive=leader.alive,
            frozen=leader.frozen,
            fenced=progress.fenced,
            recovering=progress.recovering,
            overdue=now_s >= progress.deadline_s,
        )

    def _tell_once(self, kind: str, **detail: str) -> None:
        if kind not in self._progress.told:
            self._progress.told.add(kind)
            self._events.add(kind, term=self.pair.term.number, **detail)

    def _now(self) -> float:
        return self._loop.time()

    # A new leader.

    async def _hand_over(self) -> float:
        with contextlib.suppress(Exception):  # it only saves customers a wait
            await self.pair.primary.checkpoint()
        if self._may_hand_over():
            self._begin_term(self._now(), planned=True)
        return 0.0

    def _may_hand_over(self) -> bool:
        """Whether somebody wants the standby to lead, and it has everything."""
        if self._wanted == self.pair.term.leader:
            self._wanted = None
        has_all = self.pair.following and (self.synchronous or self._policy.durability == "async")
        return self._wanted is not None and has_all and self._job is None

    def _begin_term(self, now_s: float, *, planned: bool = False) -> None:
        leader, other = self.pair.primary, self.pair.standby
        if planned:
            self._events.add("switching", database=other.name)
        else:
            cause = "frozen" if leader.alive else "dead"
            self._events.add("detected", database=leader.name, cause=cause, role="primary")
        self.pair.decide(
            next_term(
                self.pair.term,
                other.name,
                self._policy.durability,
                alive=other.alive,
                whole=self._job is None,
                followed=self._other.followed,
                synchronous=self.synchronous,
            )
        )
        self._progress, self._other = Progress(now_s + _START_TIMEOUT_S, planned=planned), Other()
        if self._job:  # what it has half done is on disk as such
            self._job.cancel()

    async def _fence_former(self) -> None:
        self._router.order(None, self.pair.term.number)
        self._tell_once("fencing", database=self.pair.term.former)
        former = self.pair[self.pair.term.former]
        if self._progress.planned:
            with contextlib.suppress(Exception):  # one that does not end itself is ended
                await former.retire()
        await former.fence()
        self._progress.fenced = True

    async def _start(self, now_s: float) -> float:
        leader, progress = self.pair.primary, self._progress
        if now_s < progress.not_before_s:
            return progress.not_before_s - now_s
        same = self.pair.term.leader == self.pair.term.former
        reason = "no standby that is sure to have everything" if same else "it must lead and is dead"
        self._tell_once("restarting", database=leader.name, reason=reason)
        leader.silence_limit_s = min(_FROZEN_AFTER_S * 2**progress.restarts, _LONGEST_FROZEN_AFTER_S)
        progress.not_before_s = now_s + min(_BACKOFF_S * 2**progress.restarts, _LONGEST_BACKOFF_S)
        progress.deadline_s = now_s + _START_TIMEOUT_S * 2**progress.restarts
        progress.recovering = progress.promoted_at_s = None
        progress.restarts = min(progress.restarts + 1, 10)
        await leader.start_leading(self.pair.term)
        self._changed()
        return 0.0

    async def _restart(self) -> None:
        self._tell_once("restarting", database=self.pair.term.leader, reason="it must lead and does not answer")
        await self.pair.primary.fence()
        self._progress.recovering = None

    async def _ask(self) -> float:
        try:
            self._progress.recovering = await self.pair.primary.recovering()
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
        self._tell_once("promoting", database=self.pair.term.leader)
        await self.pair.primary.promote()
        return _ASK_AGAIN_S

    async def _establish(self) -> None:
        self._progress.recovering = None
        await self.pair.primary.prove_write()
        self.pair.decide(replace(self.pair.term, established=True))
        term, other = self.pair.term, self._other
        other.lost_at_s, other.lost_told = self._now(), True
        other.due_at_s = self._now() + (0.0 if self._progress.planned else self._policy.rejoin_after_s)
        how, why_alone = ("restarted", "was restarted") if term.leader == term.former else ("promoted", "does not follow it yet")
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
        elif self.pair.following:
            self._found_standby()
        else:
            self._miss_standby(now_s)

    def _found_standby(self) -> None:
        """It follows: have commits wait for it, and say so once they do."""
        other, status = self._other, self.pair.primary.status
        if other.lost_told:
            self._events.add("standby-back", database=self.pair.standby.name)
        other.lost_at_s, other.lost_told, other.followed = None, False, True
        self.pair.primary.silence_limit_s = _FROZEN_AFTER_S
        if self._policy.durability == "async" or status is None or other.synchronous:
            return
        if other.names_set is not True:
            self.pair.primary.wait_for(self.pair.standby.name)
            other.names_set, other.confirmation = True, Confirmation()
        elif other.confirmation.look(status):
            other.synchronous = True
            self._events.add("synchronous", database=self.pair.standby.name)
            self._changed()

    def _miss_standby(self, now_s: float) -> None:
        other, standby = self._other, self.pair.standby
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
        gone = not standby.alive or self.pair.term.other is not Data.CLEAN
        if gone and self.pair.term.released and now_s >= max(other.due_at_s, self.pair.term.hold_until_s):
            other.followed = False
            self._job = asyncio.create_task(self._bring_back(standby, self.pair.term.number))
            self._job.add_done_callback(lambda _: self.wake())

    def _mind_patience(self, now_s: float) -> None:
        other, patience_s = self._other, self._policy.patience_s
        if self.pair.following or other.names_set is False or other.lost_at_s is None or now_s - other.lost_at_s < patience_s:
            return
        other.synchronous = other.names_set = False  # before the reload: from here on acknowledged may mean on one only
        self.pair.primary.wait_for("")
        self._events.add("degraded", database=self.pair.term.leader, reason=f"{self.pair.standby.name} was lost for {patience_s:g} s")

    # Coming back.

    async def _bring_back(self, lost: Member, number: int) -> None:
        """Make it a standby again; never raises, for what it did not reach is tried again."""
        self._events.add("rejoining", database=lost.name)
        try:
            await Rejoin(self.pair, lost, number, self._events, self._changed).carry_out()
            self.pair.decide(replace(self.pair.term, released=self._policy.auto_rejoin))
        except Exception as error:  # noqa: BLE001 - as in `run`
            self._other.due_at_s = self._now() + self._policy.rejoin_after_s
            self._events.add("trouble", part=lost.name, reason=f"it could not rejoin: {error or repr(error)}")
            return
        self._other.lost_told, self._other.synchronous, self._other.confirmation = False, False, Confirmation()
        self._events.add("rejoined", database=lost.name)
