"""The events of faults, as the watchdog and a later healer write them."""

import sys
import time

from scenarios.run.events import EventWriter
from scenarios.run.facts import Facts


class FaultJournal:
    """Writes events of faults. An undo must not fail because the disk is full, so only an injection insists on being written down."""

    def __init__(self, writer: EventWriter | None) -> None:
        """Without a writer nothing is written but the log."""
        self._writer = writer

    def require(self, facts: Facts, at_ns: int) -> None:
        """Writes an event. Raises OSError where it cannot be written."""
        if self._writer:
            self._writer.write(facts, at_ns)

    def note(self, facts: Facts) -> None:
        """Writes an event of this moment, as well as it can be done."""
        try:
            self.require(facts, time.monotonic_ns())
        except OSError as error:
            print(f"{facts.kind} {facts} is not written: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log

    def close(self) -> None:
        """Nothing comes after this."""
        if self._writer:
            self._writer.close()
