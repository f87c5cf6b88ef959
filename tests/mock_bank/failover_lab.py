"""Two databases in small, on a clock of their own: what `Failover` asks of real ones, with answers that are slow, lost, or come too late.

Nothing here is a real process, so thousands of histories fit into a minute. The model is as strict as PostgreSQL: a server without its
standby's mark takes writes as soon as it runs; a standby streams only what continues its own log; commits wait for whom they are told to.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from clockwork import Clockwork

from mock_bank.postgres.decision import Durability
from mock_bank.postgres.failover import Failover
from mock_bank.postgres.interfaces import Policy
from mock_bank.postgres.silence import ServerStatus
from mock_bank.postgres.term import Term
from mock_bank.supervisor.tasks import kept_running

STREAM_EVERY_S = 0.05
LOOK_EVERY_S = 0.25


@dataclass(frozen=True)
class Answer:
    """How a call goes after a while: it works, fails, lies (works and says that it failed), or comes late (says so, and works later)."""

    how: str = "works"
    after_s: float = 0.002
    error: type[Exception] = TimeoutError


@dataclass
class FakeServer:
    """One server, and what is asked of it as a `Member`."""

    world: "FakeWorld"
    name: str
    standby: bool = False  # it runs as one
    marked: bool = False  # its data says that it starts as one
    running: bool = True
    paused: bool = False
    deaf: bool = False  # it works, and nobody who watches it hears from it
    torn: bool = False
    log: list[int] = field(default_factory=list)
    waits_for: str = ""
    follows: str = ""
    heard_at_s: float = 0.0
    reply_at_s: float = -1e9
    life: int = 0
    silence_limit_s: float = 1.0
    status: ServerStatus | None = None

    @property
    def other(self) -> "FakeServer":
        """The other server."""
        return next(server for server in self.world.servers.values() if server is not self)

    @property
    def writes(self) -> bool:
        """Whether it takes writes, or will as soon as it is woken."""
        return self.running and not self.standby

    @property
    def streaming(self) -> bool:
        """Whether the other one gets what it writes."""
        other = self.other
        joined = other.running and other.standby and other.follows == self.name and not self.world.cut
        return joined and self.writes and not self.paused and not other.paused and other.log == self.log[: len(other.log)]

    @property
    def alive(self) -> bool:
        """As Member."""
        return self.running

    @property
    def frozen(self) -> bool:
        """As Member."""
        return self.running and self.world.loop.time() - self.heard_at_s >= self.silence_limit_s

    @property
    def writer(self) -> bool:
        """As Member."""
        return self.running and self.status is not None and not self.status.recovering

    def observe(self, now_s: float) -> None:
        """As Member."""
        if self.running and not self.paused and not self.deaf:
            self.heard_at_s, self.status = now_s, self._say()

    def _say(self) -> ServerStatus:
        other, age_s = self.other, self.world.loop.time() - self.reply_at_s
        synchronous = self.streaming and self.waits_for == other.name
        return ServerStatus(self.standby, self.streaming, synchronous, len(self.log), len(other.log), age_s)

    def wait_for(self, standby: str) -> None:
        """As Member: it takes effect a little later, if it still runs."""
        answer, life = self.world.answer("reload"), self.life
        if answer.how == "fails":
            raise OSError("the configuration could not be written")

        def apply() -> None:
            if self.life == life:
                self.waits_for = standby
                self.world.stream()

        self.world.loop.call_later(answer.after_s, apply)

    async def checkpoint(self) -> None:
        """As Member."""
        await self.world.call("checkpoint", self._must_answer)

    async def retire(self) -> None:
        """As Member: a late one ends when nobody waits for it any more, unless it has been ended meanwhile."""
        life = self.life

        def end() -> None:
            if self.life == life and self.running and not self.paused:
                self.world.stream()
                self.die()

        await self.world.call("retire", end)

    async def fence(self) -> None:
        """As Member. It is never late: whoever gives up waiting for it waits all the same."""
        await self.world.call("fence", self.die, late=False)

    async def start_leading(self, term: Term) -> None:
        """As Member."""
        await self.world.call("start", lambda: self._start(term), late=False)

    async def start_following(self, leader: str, term: Term) -> None:
        """As Member."""

        def start() -> None:
            self.follows, self.marked = leader, True
            self._start(term)

        await self.world.call("start", start, late=False)

    async def recovering(self) -> bool:
        """As Member."""
        await self.world.call("ask", self._must_answer)
        self.status = self._say()
        return self.standby

    async def promote(self) -> None:
        """As Member: it becomes the leader in its own time."""

        def take_order() -> None:
            self._must_answer()
            life = self.life
            self.world.loop.call_later(self.world.answer("promotion").after_s, lambda: become(life))

        def become(life: int) -> None:
            if self.life == life and not self.paused:
                self.standby = self.marked = False
                self.world.check()

        await self.world.call("promote", take_order)

    async def prove_write(self) -> None:
        """As Member."""

        def write() -> None:
            self._must_answer()
            if self.standby:
                raise PermissionError("read-only")

        await self.world.call("write", write)

    async def rewind(self, leader: str) -> None:
        """As Member."""
        await self._take_from("rewind", leader)

    async def copy(self, leader: str) -> None:
        """As Member."""
        await self._take_from("copy", leader)

    async def _take_from(self, how: str, leader: str) -> None:
        source = self.world.servers[leader]
        assert not self.running, f"{how} of a server that runs"
        self.torn = True

        def take() -> None:
            source._must_answer()
            assert not self.running, f"{how} of a server that runs"
            self.log, self.torn = list(source.log), False

        await self.world.call(how, take, late=False)

    def _must_answer(self) -> None:
        if not self.running:
            raise ConnectionRefusedError(self.name)
        if self.paused or self.deaf:
            raise TimeoutError(self.name)

    def _start(self, term: Term) -> None:
        assert not self.running, f"{self.name} is started twice"
        self.life += 1
        if self.world.disk.token != term.token or self.torn:  # its guard, or PostgreSQL itself, ends it
            return
        self.running, self.paused, self.standby, self.waits_for = True, False, self.marked, ""
        self.heard_at_s, self.status = self.world.loop.time(), None
        self.world.check()

    def die(self) -> None:
        """Its processes end."""
        self.running = self.paused = self.deaf = False
        self.status, self.life = None, self.life + 1
        self.world.pending = {number: name for number, name in self.world.pending.items() if name != self.name}


class FakeWorld:
    """Both servers, the gateway, customers, and the failover that is tried."""

    def __init__(self, durability: Durability) -> None:
        """Healthy, with a supervisor."""
        self.loop = Clockwork()
        self.policy = Policy(durability, auto_rejoin=True, rejoin_after_s=5.0, patience_s=5.0)
        self.servers = {name: FakeServer(self, name, standby=name == "b", marked=name == "b", follows="a") for name in "ab"}
        self.disk = Term(1, "a", "a", established=True)
        self.terms = [1]
        self.answers: dict[str, deque[Answer]] = defaultdict(deque)
        self.cut = self.disk_full = False
        self.routed: str | None = None
        self.ordered: str | None = None
        self.looked_at_s = 0.0
        self.dirty = False
        self.pending: dict[int, str] = {}  # what waits for the standby, and on which server
        self.acknowledged: set[int] = set()
        self.events: list[tuple[str, dict]] = []
        self.written = 0
        self.failover: Failover
        self.running: asyncio.Task[None] | None = None
        self._streaming = self.loop.create_task(self._stream())
        self.supervise()

    # What the failover works with.

    def add(self, kind: str, **detail: str | float | bool | None) -> None:
        """As Teller."""
        self.events.append((kind, detail))

    def order(self, primary: str | None, term: int) -> None:
        """As Router: obeyed a moment later, perhaps after an order that came later; the gateway looks whether all is as ordered."""
        assert term >= self.disk.number, "an order of an older term"

        def obey() -> None:
            self.routed = primary
            self.dirty = self.routed != self.ordered

        self.ordered, self.dirty = primary, True
        self.loop.call_later(self.answer("gateway").after_s, obey)

    def keep(self, term: Term) -> None:
        """Write the term down."""
        if self.disk_full:
            raise OSError("no space left on device")
        assert term.number >= self.disk.number
        self.disk = term
        self.terms.append(term.number)

    def answer(self, kind: str) -> Answer:
        """How the next call of this kind goes."""
        return self.answers[kind].popleft() if self.answers[kind] else Answer()

    async def call(self, kind: str, work: Callable[[], None], *, late: bool = True) -> None:
        """One call, as it was arranged for."""
        answer = self.answer(kind)
        if answer.how == "late" and late:
            self.loop.call_later(answer.after_s, lambda: _quietly(work))
            raise answer.error(f"{kind} was given up")
        await asyncio.sleep(answer.after_s)
        if answer.how != "fails":
            work()
        if answer.how != "works":
            raise answer.error(f"{kind}: {answer.how}")

    # What goes on by itself.

    async def _stream(self) -> None:
        while True:
            self.stream()
            if self.dirty and self.loop.time() - self.looked_at_s > LOOK_EVERY_S:
                self.looked_at_s = self.loop.time()
                self.routed, self.dirty = self.ordered, False
            await asyncio.sleep(STREAM_EVERY_S)

    def stream(self) -> None:
        """The standby gets what was written, and who waited for it is told; who waits for nobody any more is told as well."""
        for server in self.servers.values():
            if server.streaming:
                server.other.log, server.reply_at_s = list(server.log), self.loop.time()
            done = [n for n, name in self.pending.items() if name == server.name and (server.streaming or not server.waits_for)]
            if not server.paused:
                self.acknowledged.update(done)
                self.pending = {n: name for n, name in self.pending.items() if n not in done}

    def write(self) -> None:
        """A customer writes through the gateway; acknowledged at once, later, or never."""
        server = self.servers.get(self.routed or "")
        if server is None or not server.writes or server.paused:
            return
        self.written += 1
        server.log.append(self.written)
        self.pending[self.written] = server.name
        self.stream()

    def check(self) -> None:
        """The law that must never be broken, not for a moment."""
        writers = [name for name, server in self.servers.items() if server.writes]
        assert len(writers) <= 1, f"two writers in term {self.disk.number}; events: {self.events[-12:]}"

    # Its supervisor.

    def supervise(self) -> None:
        """A supervisor begins, or takes over from what is on disk."""

        async def begin() -> None:
            self.failover = Failover(
                self.policy,
                (self.servers["a"], self.servers["b"]),
                self.disk,
                router=self,
                events=self,
                keep=self.keep,
                changed=lambda: None,
            )
            self.running = asyncio.create_task(kept_running("failover", self.failover.run, self))  # type: ignore[arg-type]

        self.loop.run_until_complete(begin())

    def lose_supervisor(self) -> None:
        """SIGKILL: what it was in the middle of is never finished; its successor ends what it left half done."""
        tasks = [task for task in asyncio.all_tasks(self.loop) if task is not self._streaming]
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.supervise()

    # The passing of time.

    def pass_s(self, seconds: float) -> None:
        """Let so much time go by."""
        self.loop.run_until_complete(asyncio.sleep(seconds))
        assert self.running is not None
        assert not self.running.done(), "the failover's task has ended"

    def healed(self) -> None:
        """Faults are over: within minutes all is well, and nothing that was acknowledged is lost where nothing may be."""
        self.answers.clear()
        self.cut = self.disk_full = False
        for server in self.servers.values():
            server.paused = server.deaf = False
        self.failover.release()
        deadline_s = self.loop.time() + 300
        while self.failover.why_unhealthy() and self.loop.time() < deadline_s:
            self.pass_s(1.0)
        assert self.failover.why_unhealthy() is None, f"{self.failover.why_unhealthy()}; {self.events[-12:]}"
        leader = self.servers[self.disk.leader]
        assert self.routed == leader.name
        assert self.terms == sorted(self.terms)
        if self.policy.durability == "sync":
            lost = self.acknowledged - set(leader.log)
            assert not lost, f"acknowledged and lost: {sorted(lost)}; events: {self.events[-20:]}"

    def close(self) -> None:
        """Nothing is left."""
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()


def _quietly(work: Callable[[], None]) -> None:
    try:
        work()
    except (OSError, PermissionError):
        return
