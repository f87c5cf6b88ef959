"""A clock that waits for nobody: an hour of an event loop passes as fast as what is done in it."""

import asyncio
import selectors


class _NoTime(selectors.SelectSelector):
    """Passes at once the time in which nothing is due."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list:
        """As the real one, of which nothing is ever ready here."""
        assert timeout is not None, "everybody waits for ever"
        self.now_s += max(0.0, timeout)
        return super().select(0)


class Clockwork(asyncio.SelectorEventLoop):
    """An event loop whose clock moves only when somebody waits for it."""

    def __init__(self) -> None:
        """At 0 s."""
        self._passing = _NoTime()
        super().__init__(self._passing)

    def time(self) -> float:
        """The clock."""
        return self._passing.now_s
