"""Who leads where Patroni decides it: seen from its agents and from the servers, told as events; nothing is decided here."""

import asyncio
import base64
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Literal

import aiohttp
import psutil

from mock_bank.layout.topology import Agent
from mock_bank.network.gateway import Gateway
from mock_bank.patroni.answers import ClusterView, agreed, read_cluster
from mock_bank.patroni.configuration import API_USER
from mock_bank.postgres.interfaces import Teller
from mock_bank.postgres.server import Server

_TICK_S = 0.1
_ASK_TIMEOUT_S = 1.0
_SWITCH_TIMEOUT_S = 30.0  # an agent answers when it is done
_AGAIN_S = 1.0
_LOST_AFTER_S = 1.0


class PatroniLeadership:
    """Looks at agents, servers and gateways, and tells what has changed."""

    def __init__(
        self,
        agents: Sequence[Agent],
        servers: Sequence[Server],
        gateways: Mapping[str, Gateway],
        *,
        durability: Literal["sync", "async"],
        token: str,
        events: Teller,
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called when roles or processes have changed; `token` is what the agents want where they are told something."""
        self._agents, self._servers = tuple(agents), {server.name: server for server in servers}
        self._gateways, self._pointed = gateways, dict.fromkeys(gateways, "")
        self._durability, self._events, self._changed = durability, events, changed
        self._loop = asyncio.get_running_loop()
        self._view: ClusterView | None = None
        self._leader, self._following, self._synchronous = servers[0].name, False, False
        self._lost, self._promoted = True, False  # whether the leader's loss has been told; whether one leads since
        self._missed_at_s: float | None = None
        self._wanted: str | None = None
        self._held_until_s = 0.0
        self._wake = asyncio.Event()
        self._jobs: set[asyncio.Task[None]] = set()
        encoded = base64.b64encode(f"{API_USER}:{token}".encode()).decode()
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_ASK_TIMEOUT_S), headers={"Authorization": f"Basic {encoded}"}
        )

    # What others ask.

    @property
    def primary(self) -> str:
        """Who holds the leader's key, or held it last."""
        return self._leader

    @property
    def leads(self) -> bool:
        """Whether it holds the key now and takes writes."""
        return self._view is not None and self._view.leader == self._leader and self._servers[self._leader].writer

    @property
    def standby(self) -> str | None:
        """Who follows it now."""
        return self._other if self._following else None

    @property
    def synchronous(self) -> bool:
        """Whether every commit acknowledged now is on both, by the agents' word and the server's."""
        return self._synchronous

    @property
    def lag_ms(self) -> float | None:
        """By how much the standby is behind, as the leader claims; None where it claims nothing."""
        status = self._servers[self._leader].status
        return status.lag_ms if status else None

    @property
    def _other(self) -> str:
        return next(name for name in self._servers if name != self._leader)

    def wake(self) -> None:
        """Something happened that should be seen at once."""
        self._wake.set()

    def hold(self, seconds: float) -> None:
        """Patroni brings back what is lost as soon as it can: that somebody wanted it held is told, and no more. To hold on is no news."""
        now_s = self._loop.time()
        if now_s >= self._held_until_s:
            self._events.add("not-held", seconds=seconds, reason="Patroni brings a lost database back by itself")
        self._held_until_s = now_s + seconds

    def release(self) -> None:
        """End what hangs and does not lead any more, as a switch of its power would: no agent can end what does not run."""
        self._do(self._end_what_hangs())

    def switch(self, to: str) -> None:
        """Have this one lead: Patroni is asked until it does."""
        if self._wanted is None and to != self._leader:
            self._wanted = to
            self._do(self._switch())
        else:
            self._wanted = to if to != self._leader else None

    def why_unhealthy(self) -> str | None:
        """Why the databases are not healthy; None when there is one writer, reached by customers, and a standby with all it must have."""
        writers = [name for name, server in self._servers.items() if server.writer]
        if not self.leads or writers != [self._leader]:
            return f"writers: {', '.join(writers) or 'none'}, the leader's key: {(self._view and self._view.leader) or 'nobody'}"
        if elsewhere := [name for name, database in self._pointed.items() if database != self._leader]:
            return f"{', '.join(elsewhere)} {'does' if len(elsewhere) == 1 else 'do'} not point to {self._leader}"
        if not self._following:
            return f"{self._other} does not follow {self._leader}"
        if self._durability == "sync" and not self._synchronous:
            return f"{self._other} is not synchronous"
        return None

    # The loop.

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._look_at_servers()
            views, pointed = await asyncio.gather(self._ask_agents(), self._ask_gateways())
            self._take(agreed(views))
            self._take_pointed(pointed)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _TICK_S)
            self._wake.clear()

    async def close(self) -> None:
        """What was under way is ended."""
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        await self._http.close()

    def _do(self, work: Coroutine[object, object, None]) -> None:
        job = asyncio.create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    def _look_at_servers(self) -> None:
        changed = [server.find_process() for server in self._servers.values()]
        for server in self._servers.values():
            server.observe(self._loop.time())
        if any(changed):
            self._changed()

    async def _ask_agents(self) -> list[ClusterView]:
        answers = await asyncio.gather(*(self._ask(agent) for agent in self._agents))
        return [answer for answer in answers if answer]

    async def _ask(self, agent: Agent) -> ClusterView | None:
        try:
            async with self._http.get(f"http://{agent.api}/cluster") as answer:
                return read_cluster(await answer.json())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def _ask_gateways(self) -> dict[str, set[str]]:
        async def ask(name: str, gateway: Gateway) -> tuple[str, set[str]]:
            try:
                return name, await gateway.up() & set(self._servers)
            except OSError:
                return name, set()

        return dict(await asyncio.gather(*(ask(name, gateway) for name, gateway in self._gateways.items())))

    # What has changed.

    def _take(self, view: ClusterView | None) -> None:
        self._view = view
        leader = view.leader if view else None
        if not self._lost and leader != self._leader:
            self._lost, self._promoted = True, False
            cause = "switched" if self._wanted else "frozen" if self._servers[self._leader].alive else "dead"
            if cause != "switched":
                self._events.add("detected", database=self._leader, cause=cause, role="primary")
        if leader and view and (leader != self._leader or self._lost):
            if leader != self._leader:
                self._leader, self._following, self._synchronous = leader, False, False
                self._events.add("promoting", database=leader, term=view.timeline)
                self._changed()
            self._lost = False
        if not self._promoted and self.leads and view:
            self._promoted = True
            self._events.add("promoted", database=self._leader, term=view.timeline)
            if not self._following:
                self._events.add("degraded", database=self._leader, reason=f"{self._other} does not follow it yet")
        self._mind_standby(view)

    def _mind_standby(self, view: ClusterView | None) -> None:
        status, now_s = self._servers[self._leader].status, self._loop.time()
        follows = bool(view and view.follows == self._other and self.leads and status and status.followed())
        synchronous = bool(follows and view and view.synchronous and status and status.synchronous)
        if follows or not self.leads:
            self._missed_at_s = None
        elif self._following and self._missed_at_s is None:
            self._missed_at_s = now_s
        late = self._missed_at_s is not None and now_s - self._missed_at_s >= _LOST_AFTER_S
        if follows and not self._following:
            self._following = True
            self._events.add("rejoined", database=self._other)
        elif self._following and not follows and late:
            self._following = False
            self._events.add("standby-lost", database=self._other)
        if synchronous and not self._synchronous:
            self._events.add("synchronous", database=self._other)
        elif self._synchronous and not synchronous and not self._following:
            self._events.add("degraded", database=self._leader, reason=f"{self._other} does not follow it")
        if synchronous or not self._following:
            self._synchronous = synchronous

    def _take_pointed(self, pointed: Mapping[str, set[str]]) -> None:
        for name, up in pointed.items():
            database = next(iter(up)) if len(up) == 1 else ""
            if database and database != self._pointed[name]:
                self._events.add("repointed", part=name, database=database)
            self._pointed[name] = database

    # What somebody wants.

    async def _switch(self) -> None:
        """Ask the leader's agent until the wanted one leads."""
        self._events.add("switching", database=self._wanted)
        while self._wanted and self._wanted != self._leader:
            body = {"leader": self._leader, "candidate": self._wanted}
            agent = next(agent for agent in self._agents if agent.database == self._leader)
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                timeout = aiohttp.ClientTimeout(total=_SWITCH_TIMEOUT_S)
                async with self._http.post(f"http://{agent.api}/switchover", json=body, timeout=timeout) as answer:
                    if answer.status >= 400:  # noqa: PLR2004 - refused
                        self._events.add("trouble", part=agent.name, reason=(await answer.text())[:200])
            await asyncio.sleep(_AGAIN_S)
        self._wanted = None

    async def _end_what_hangs(self) -> None:
        for name, server in self._servers.items():
            if name != self._leader and server.child and _stopped(server.child.identity.pid):
                self._events.add("fencing", database=name)
                await server.fence()


def _stopped(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False
