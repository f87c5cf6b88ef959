"""The next rehearsal's world, started while this one's is read back: a series is spared its waiting."""

import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from scenarios.target.model import World
from stormdrill.rehearsal.world import RunningWorld, Tell, running_world, tell_stderr


class WorldAhead:
    """A world that comes up from now on, in a thread; it is taken by one rehearsal, or closed."""

    def __init__(self, world: World) -> None:
        """Starts it."""
        self.nonce = secrets.token_hex(8)
        self.used = False
        self._world, self._rest = world, ExitStack()
        self._not_down: Tell = tell_stderr
        starting = ThreadPoolExecutor(1)
        self._up: Future[RunningWorld] = starting.submit(self._start)
        starting.shutdown(wait=False)

    def _start(self) -> RunningWorld:
        return self._rest.enter_context(running_world(self._world, self.nonce, lambda _: None, self._stays))

    def _stays(self, sentence: str) -> None:
        self._not_down(sentence)

    @contextmanager
    def taken(self, not_down: Tell) -> Iterator[RunningWorld]:
        """The world, once it is up; it is taken down at the end, and `not_down` hears where it stays. Raises as `running_world`."""
        self.used, self._not_down = True, not_down
        try:
            yield self._up.result()
        finally:
            self.close()

    def close(self) -> None:
        """Takes it down, as soon as it is up; nothing where that has been done."""
        if not self._up.done():
            tell_stderr("the next drill's world is coming up; it is taken down then")
        self._up.exception()  # waits: whoever takes it has heard what is wrong with it
        self._rest.close()


class WorldsAhead:
    """The worlds of a series: each is started when the load of the rehearsal before is over."""

    def __init__(self, world: World | None, rehearsals: int) -> None:
        """Of a series of so many rehearsals; none has been started."""
        self._world, self._to_come = world, rehearsals
        self._next: WorldAhead | None = None

    @contextmanager
    def turn(self) -> Iterator[WorldAhead | None]:
        """The world of the rehearsal whose turn it is, if it has been started; taken down after it where no rehearsal took it."""
        self._to_come -= 1
        mine, self._next = self._next, None
        try:
            yield mine
        finally:
            if mine is not None and not mine.used:
                mine.close()

    def start(self) -> None:
        """Has the next one come up, if there is one."""
        if self._world is not None and self._to_come > 0 and self._next is None:
            self._next = WorldAhead(self._world)

    def close(self) -> None:
        """Takes down what no rehearsal has taken."""
        if self._next is not None:
            self._next.close()
