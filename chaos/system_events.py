"""Copies what the target tells of itself (detections, promotions) into the run, at the target's own times."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import orjson
from pydantic import JsonValue

from chaos.errors import OutOfReach
from chaos.handles.http import demand
from chaos.health import filled
from chaos.target_handles import Handles
from scenarios.run.events import EventWriter
from scenarios.run.system_event_kinds import SYSTEM_KINDS, SystemKillSwitchTripped, SystemLag, SystemWriters
from scenarios.target.converters import CONVERTERS
from scenarios.target.model import SystemEvents
from scenarios.target.responses import Getter, Response, compile_path
from scenarios.target.templates import TextTemplate

_EVERY_S = 0.5
_OWN = ("kind", "monotonic_ns", "seq")


@dataclass(frozen=True, slots=True)
class ToldNow:
    """What a target has told of itself so far."""

    trips: int = 0  # of the campaign's kill switch
    writers: int | None = None  # now; None where it does not tell


class SystemCopier:
    """Follows the target's events until closed. Its file has the writer's name `system`."""

    def __init__(self, source: SystemEvents, statics: Mapping[str, object], handles: Handles, writer: EventWriter) -> None:
        """Takes the writer over. The address may have the placeholder {since}: the last number seen. The handles tell writers and lag.

        Raises:
            BadInput: a secret of its headers is not known.
        """
        self._url = TextTemplate.of(source.url).bind(statics)
        self._headers = filled(source.headers, handles.secret_values())
        self._rows = compile_path(source.rows)
        self._fields: dict[str, Getter] = {name: compile_path(path) for name, path in source.fields.items()}
        self._kinds = source.kinds
        self._writer, self._handles = writer, handles
        self._writers: int | None = None
        self._trips = 0
        self._lag: SystemLag | None = None
        self._seen: set[tuple[object, object, object]] = set()
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
        try:
            url = self._url.render({"since": self._last})
            rows = self._rows(demand("GET", url, headers=self._headers, tls=self._handles.tls_at(url)))
        except OutOfReach:
            return  # it is asked again; what it tells carries its own times
        for row in rows if isinstance(rows, list) else []:
            self._copy(Response(200, {}, orjson.dumps(row)))

    def _copy(self, row: Response) -> None:
        found = {name: get(row) for name, get in self._fields.items()}
        told, at_ns, seq = found.get("kind"), CONVERTERS["int"](found.get("monotonic_ns")), found.get("seq")
        if not isinstance(at_ns, int) or (told, at_ns, seq) in self._seen:
            return
        self._seen.add((told, at_ns, seq))
        self._last = seq if isinstance(seq, int) else self._last
        more = {name: value for name, value in found.items() if name not in _OWN and value is not None}
        kind = SYSTEM_KINDS[self._kinds.get(str(told), "other")]
        detail = more.pop("detail", told)
        self._trips += kind is SystemKillSwitchTripped
        self._writer.write(kind(source="target", told=str(told), detail=str(detail), more=cast("dict[str, JsonValue]", more)), at_ns)
