"""The lines of an access log as requests: common and combined of nginx and Apache, JSON lines, HAProxy's httplog; packed by gzip or not.

What a line says of its client is made a number here, and goes no further.
"""

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BufferedReader
from pathlib import Path

from scenarios.errors import BadInput
from scenarios.safe_reading import Unreadable, open_regular

MOST_LINE = 16_384
_MOST_BYTES = 1 << 50
_EMPTY = (b"\n", b"\r\n")
_GZIP = b"\x1f\x8b"
_COMMON = re.compile(
    r"(?P<client>\S{2,100}) \S{1,100} (?P<user>.{1,200}?) \[(?P<time>[^\]]{10,40})\] "
    r'"(?:(?P<method>[A-Z]{3,10}) (?P<target>\S{1,8000})[^"]{0,100}|[^"]{0,8000})" (?P<status>\d{3}) \S{1,20}'
    r'(?: "[^"]{0,4000}" "(?P<agent>[^"]{0,4000})"(?: "(?P<forwarded>[0-9a-fA-F.:]{2,60})[^"]{0,400}")?)?'
)
_HAPROXY = re.compile(
    r"(?P<client>\S{2,100}):\d{1,5} \[(?P<time>\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] \S{1,100} \S{1,200} "
    r"[-\d+/]{1,100}?/\+?(?P<took>\d{1,9}) "
    r'(?P<status>-?\d{1,3}) [^"]{1,8000}"(?:(?P<method>[A-Z]{3,10}) (?P<target>\S{1,8000})[^"]{0,100}|[^"]{0,8000})"?$'
)
_TIMES = ("%d/%b/%Y:%H:%M:%S %z", "%d/%b/%Y:%H:%M:%S")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "time": ("time_iso8601", "@timestamp", "timestamp", "time_local", "time", "ts", "msec", "start_time"),
    "method": ("request_method", "method", "verb", "request.method", "http.request.method"),
    "target": ("request_uri", "uri", "path", "url", "request.uri", "url.original", "url.path"),
    "line": ("request", "request_line"),
    "status": ("status", "status_code", "response_code", "http.response.status_code"),
    "client": ("http_x_forwarded_for", "x_forwarded_for", "remote_addr", "client_ip", "clientip", "remote_ip", "client",
               "request.remote_ip", "source.ip"),
    "agent": ("http_user_agent", "user_agent", "user_agent.original"),
    "user": ("remote_user", "user"),
    "took_s": ("request_time", "duration_s"),
    "took_ms": ("duration_ms", "request_time_ms"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """One request: when it began and ended in seconds since 1970, by whom (a number that means nothing), and what was asked."""

    began_s: float
    ended_s: float
    client: int
    method: str
    path: str
    query: str
    failed: bool


class UnreadableLine(ValueError):
    """A line that is none of an access log."""


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbers and texts of the lines that are not empty, unpacked where they are packed; of one that is too long, so much as is looked at.

    Raises:
        BadInput: it cannot be read, or is packed and broken.
    """
    try:
        with open_regular(path, _MOST_BYTES) as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            file = gzip.GzipFile(fileobj=raw) if packed else raw
            number = 0
            while line := file.readline(MOST_LINE):
                number += 1
                if line in _EMPTY:
                    number += _empty_ones(file)
                    continue
                yield number, line.decode("utf-8", "replace").rstrip("\r\n")
                while len(line) == MOST_LINE and not line.endswith(b"\n"):
                    line = file.readline(MOST_LINE)
    except Unreadable as error:
        raise BadInput(str(error), path=path) from None
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", path=path) from None
    except (EOFError, zlib.error) as error:
        raise BadInput(f"is packed by gzip, and broken: {error}", path=path) from None


def _empty_ones(file: BufferedReader | gzip.GzipFile) -> int:
    """Passes over the empty lines that come next, as far as the buffer goes, and says how many."""
    ahead = file.peek(1)
    return file.read(len(ahead) - len(ahead.lstrip(b"\r\n"))).count(b"\n")


class LineReader:
    """Reads lines; knows which kind the last one was, for the next is most likely of it."""

    def __init__(self) -> None:
        """Any kind may come."""
        self._kinds: list[Callable[[str], Hit | None]] = [_common, _haproxy, _json]
        self.whole_seconds = True
        """Whether no time had a part of a second."""

    def hit(self, line: str) -> Hit | None:
        """The request that a line tells; None where it tells of a connection on which none came.

        Raises:
            UnreadableLine: it is none of any kind.
        """
        for kind in self._kinds:
            try:
                found = kind(line)
            except (ValueError, OverflowError, RecursionError):
                continue
            if kind is not self._kinds[0]:
                self._kinds.remove(kind)
                self._kinds.insert(0, kind)
            if found is not None and found.began_s % 1:
                self.whole_seconds = False
            return found
        raise UnreadableLine


def _common(line: str) -> Hit | None:
    found = _COMMON.search(line)
    if found is None:
        raise UnreadableLine
    at_s = _time(found["time"])
    return _hit(
        at_s,
        at_s,
        (found["forwarded"] or found["client"], found["user"], found["agent"] or ""),
        found["method"],
        found["target"],
        int(found["status"]),
    )


def _haproxy(line: str) -> Hit | None:
    found = _HAPROXY.search(line)
    if found is None:
        raise UnreadableLine
    began_s = _time(found["time"][:-4]) + int(found["time"][-3:]) / 1000
    return _hit(began_s, began_s + int(found["took"]) / 1000, (found["client"],), found["method"], found["target"], int(found["status"]))


def _json(line: str) -> Hit | None:
    start = line.find("{")  # a daemon's name may stand before it
    document = json.loads(line[start:]) if start >= 0 else None
    if not isinstance(document, dict):
        raise UnreadableLine
    said = {name: value for name, places in _FIELDS.items() if (value := _first(document, places)) is not None}
    method, target = said.get("method"), said.get("target")
    if not isinstance(method, str) and isinstance(said.get("line"), str):
        method, _, rest = str(said["line"]).partition(" ")
        target = rest.rpartition(" ")[0] or rest
    ended_s = _any_time(said.get("time"))
    took_s = float(str(said.get("took_s", 0) or 0)) if "took_s" in said else float(str(said.get("took_ms", 0) or 0)) / 1000
    if not 0 <= took_s < 86_400:  # noqa: PLR2004 - a day, beyond which it is no duration; NaN is none either
        raise UnreadableLine
    who = str(said.get("client", "")).partition(",")[0].strip()
    if not who or not isinstance(target, str):
        raise UnreadableLine
    client = (who, str(said.get("user", "")), str(said.get("agent", "")))
    return _hit(ended_s - took_s, ended_s, client, method, target, int(str(said.get("status", 0))))


def _hit(began_s: float, ended_s: float, client: tuple[str, ...], method: object, target: str | None, status: int) -> Hit | None:
    if not isinstance(method, str) or not target:
        return None
    path, _, query = target.partition("?")
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    digest = hashlib.blake2b("\0".join(client).encode("utf-8", "replace"), digest_size=8).digest()
    return Hit(began_s, ended_s, int.from_bytes(digest), method, path, query, status >= 400 or status <= 0)  # noqa: PLR2004 - HTTP's


def _first(document: Mapping[str, object], places: tuple[str, ...]) -> object:
    for place in places:
        found: object = document.get(place)
        if found is None and "." in place:
            found = document
            for step in place.split("."):
                found = found.get(step) if isinstance(found, dict) else None
        if found is not None and not isinstance(found, dict | list) and found not in ("", "-"):
            return found
    return None


@lru_cache(maxsize=1024)
def _time(said: str) -> float:
    for form in _TIMES if "/" in said else ():  # none of them is without; most logs in JSON are
        try:
            return _seconds(datetime.strptime(said, form))  # noqa: DTZ007 - see _seconds
        except ValueError:
            continue
    return _seconds(datetime.fromisoformat(said))


def _any_time(said: object) -> float:
    if isinstance(said, int | float) and not isinstance(said, bool):
        number = float(said)
        return number / 1000 if number > 1e11 else number  # noqa: PLR2004 - milliseconds, from 1973 on
    text = str(said)
    return _any_time(float(text)) if re.fullmatch(r"\d{9,13}(\.\d{1,9})?", text) else _time(text)


def _seconds(at: datetime) -> float:
    """Since 1970; a time without a zone as if it were of Greenwich, for only differences matter."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
