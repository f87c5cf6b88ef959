"""Copies what the target tells of itself into the run: its events at its own times, its writers and its lag at those of asking."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, cast

import orjson
from pydantic import JsonValue

from chaos.errors import OutOfReach
from chaos.handles.http import read
from chaos.health import filled
from chaos.target_handles import Handles
from scenarios.run.events import EventWriter
from scenarios.run.folder import Plan, Run
from scenarios.run.system_event_kinds import SYSTEM_KINDS, SystemKillSwitchTripped, SystemLag, SystemWriters
from scenarios.target.converters import CONVERTERS
from scenarios.target.model import SystemEvents
from scenarios.target.responses import Getter, Response, compile_path
from scenarios.target.templates import TextTemplate

_EVERY_S = 0.5
_OWN = ("kind", "monotonic_ns", "seq")
_WELL = range(200, 300)


@dataclass(frozen=True, slots=True)
class ToldNow:
    """What a target has told of itself so far."""

    trips: int = 0  # of the campaign's kill switch
    writers: int | None = None  # now; None where it does not tell


@dataclass(frozen=True, slots=True)
class _Source:
    """Where events are told, ready to be asked. The address may have the placeholder {since}: the last number seen."""

    url: TextTemplate
    headers: dict[str, str]
    rows: Getter
    fields: dict[str, Getter]
    kinds: Mapping[str, str]

    @classmethod
    def of(cls, source: SystemEvents, statics: Mapping[str, object], secrets: Mapping[str, str]) -> Self:
        """As a target's file says it. Raises BadInput where a secret of its headers is not known."""
        fields = {name: compile_path(path) for name, path in source.fields.items()}
        headers = filled(source.headers, secrets)
        return cls(TextTemplate.of(source.url).bind(statics), headers, compile_path(source.rows), fields, source.kinds)


class SystemCopier:
    """Follows what the target tells of itself until closed. Its file has the writer's name `system`."""

    def __init__(self, events: SystemEvents | None, statics: Mapping[str, object], handles: Handles, writer: EventWriter) -> None:
        """Takes the writer over. The handles tell writers and lag; without `events` there is nothing else.

        Raises:
            BadInput: a secret of its headers is not known.
        """
        self._source = _Source.of(events, statics, handles.secret_values()) if events else None
        self._writer, self._handles = writer, handles
        self._writers: int | None = None
        self._trips = 0
        self._lag: SystemLag | None = None
        self._seen: set[tuple[str, object, str]] = set()
        self._last = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="system-events", daemon=True)

    def start(self) -> None:
        """Begins to follow."""
        self._thread.start()

    @property
    def told(self) -> ToldNow:
        """As it was heard last."""
        return ToldNow(self._trips, self._writers)

    def close(self) -> None:
        """Takes in what came last, and ends the file."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)
        self._pull()
        self._writer.close()

    def _follow(self) -> None:
        while not self._stop.wait(_EVERY_S):
            self._pull()
            self._note_claims()

    def _note_claims(self) -> None:
        asked_ns = time.monotonic_ns()
        claims = self._handles.claims()
        if claims is None:
            return
        if claims.writers is not None and claims.writers != self._writers:
            self._writers = claims.writers
            self._writer.write(SystemWriters(count=claims.writers), asked_ns)
        if claims.tells_lag and (lag := SystemLag(lag_ms=claims.lag_ms)) != self._lag:
            self._lag = lag
            self._writer.write(lag, asked_ns)

    def _pull(self) -> None:
        source = self._source
        if source is None:
            return
        url = source.url.render({"since": self._last})
        try:
            told = read(url, self._handles.pins, headers=source.headers, tls=self._handles.tls_at(url))
        except OutOfReach:
            return  # it is asked again; what it tells carries its own times
        rows = source.rows(told) if told.status in _WELL else None
        for row in rows if isinstance(rows, list) else []:
            self._copy(source, Response(200, {}, orjson.dumps(row)))

    def _copy(self, source: _Source, row: Response) -> None:
        found = {name: get(row) for name, get in source.fields.items()}
        told, at_ns, seq = found.get("kind"), CONVERTERS["int"](found.get("monotonic_ns")), found.get("seq")
        one = str(told), at_ns, str(seq)
        if not isinstance(at_ns, int) or at_ns < 0 or one in self._seen:
            return
        self._seen.add(one)
        self._last = seq if isinstance(seq, int) else self._last
        more = {name: value for name, value in found.items() if name not in _OWN and value is not None}
        kind = SYSTEM_KINDS[source.kinds.get(str(told), "other")]
        detail = more.pop("detail", told)
        self._trips += kind is SystemKillSwitchTripped
        self._writer.write(kind(source="target", told=str(told), detail=str(detail), more=cast("dict[str, JsonValue]", more)), at_ns)


def system_copier(run: Run, plan: Plan, handles: Handles) -> SystemCopier | None:
    """What follows the target of a run; None where its file says of nothing that it tells. Raises as `SystemCopier`."""
    claims = handles.health is not None and handles.health.claims_something
    if not (plan.target.events or claims):
        return None
    return SystemCopier(plan.target.events, plan.statics, handles, run.event_writer("system", plan.t0_monotonic_ns))
