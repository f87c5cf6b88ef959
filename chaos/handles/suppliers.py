"""The embedded world's suppliers: how well each of them does its work is a matter of dials."""

import time
from dataclasses import dataclass, field

from chaos.errors import OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.http import bearer, call, demand
from scenarios.target.responses import Response, compile_path

_NEVER = 10**15 - 1  # more than any feed has told


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question to a supplier came to."""

    status: int | None  # None: there was no answer in time
    after_ms: float

    def __str__(self) -> str:
        """As it is told to people."""
        return f"{self.status or 'no answer'} after {self.after_ms:.0f} ms"


@dataclass(frozen=True, slots=True)
class Suppliers(Handle):
    """Their HTTP API, and the token that whoever turns the dials shows."""

    url: str
    token: str = field(default="", repr=False)

    def probe(self) -> None:
        """Whether the process lives. Raises OutOfReach where it does not."""
        demand("GET", f"{self.url}/health")

    def dial(self, supplier: str, dial: str) -> float:
        """How a dial stands. Raises OutOfReach where there is no such dial, or no answer."""
        told = compile_path(f"$.{supplier}.{dial}")(demand("GET", f"{self.url}/dials", headers=bearer(self.token)))
        if not isinstance(told, int | float):
            raise OutOfReach(f"{self.url}: there is no dial {dial!r} of a supplier {supplier!r}")
        return float(told)

    def turn(self, supplier: str, dial: str, value: float | None) -> None:
        """Turns a dial; None puts it to rest. Raises OutOfReach."""
        demand("PUT", f"{self.url}/dials/{supplier}", {dial: value}, headers=bearer(self.token))

    def said(self, feed: str) -> float:
        """How much a feed has told since its process started. Raises OutOfReach where it does not say."""
        told = compile_path("$.latest")(demand("GET", f"{self.url}/{feed}?after={_NEVER}", headers=bearer(self.token)))
        if not isinstance(told, int):
            raise OutOfReach(f"{self.url}: there is no feed {feed!r}")
        return told

    def say(self, feed: str, scores: list[float]) -> None:
        """Somebody says something, from -1, as bad as can be, to 1. Raises OutOfReach."""
        demand("POST", f"{self.url}/{feed}", {"scores": list(scores)}, headers=bearer(self.token))

    def ask(self, supplier: str, *, deadline_s: float) -> Answer:
        """A question that changes nothing, answered as the dials have it. Raises OutOfReach where the process does not live."""
        began = time.monotonic()
        status: int | None
        try:
            response: Response = call("GET", f"{self.url}/{supplier}", headers=bearer(self.token), deadline_s=deadline_s)
            status = response.status
        except OutOfReach:
            self.probe()
            status = None
        return Answer(status, (time.monotonic() - began) * 1000)
