"""What a log's requests come to, one after the other, in memory that does not grow with the log."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl

from scenarios.draft.published import METHODS, Published, is_path, words_of
from scenarios.draft.recorded import holed
from scenarios.draft.target_draft import best_match, stands_for
from scenarios.profile.access_log import Hit, LineReader, UnreadableLine
from scenarios.profile.arrivals import Bins
from scenarios.profile.sketches import Distinct, Frequent, Spread

VISIT_S = 300.0
"""Who has asked for nothing for so long has gone; the next request is another visit."""

LEAST_CLIENTS = 3
"""By so many different ones a path must have been asked for to be named."""

_LEAST_THINK_S = 0.1
_MOST_JUMP_S = 7 * 86_400
_MOST_SHAPES = 1000
_MOST_SLOTS = 200
_MOST_CLIENTS = 100_000
_MOST_PARAMETERS = 20
_FILES = re.compile(r"\.(js|mjs|css|map|png|jpe?g|gif|svg|webp|ico|woff2?|ttf|mp4|html?|txt)$", re.IGNORECASE)
_VERBS = frozenset(method.upper() for method in METHODS)

_JOURNEYS = (
    ("flash-sale", {"claim.submit"}),
    ("check-in", {"checkin.post", "redpacket.open"}),
    ("ordinary-banking", {"transfer.submit", "account.balance"}),
    ("zone-page", {"campaign.get", "stock.get", "coupon.list", "activity.token"}),
)
"""By what a visit has asked for, the journey of ours that is most like it: the first that fits."""

OTHER = ""
"""The kind of a visit that is like none of them."""


@dataclass(slots=True)
class Asked:
    """Requests of one verb and path, values apart."""

    published: Published
    ours: str  # the operation of ours that it looks like, if any
    confidence: str
    count: int = 0
    failed: int = 0
    clients: set[int] = field(default_factory=set)  # the first few
    pauses: Spread = field(default_factory=Spread)  # before it
    items: dict[str, Frequent] = field(default_factory=dict)  # by the name of a hole or a parameter


@dataclass(slots=True)
class _Visit:
    began_s: float
    last_s: float
    asked: set[str]


class Tally:
    """Takes lines in; afterwards `finish` it, and read."""

    def __init__(self) -> None:
        """Nothing has been read."""
        self.reader = LineReader()
        self.requests = self.unread = self.passed_over = self.without_request = self.unnamed = 0
        self.first_unread: tuple[int, str] | None = None
        self.asked: dict[str, Asked] = {}
        self.clients = Distinct()
        self.visits = Bins()
        self.rate = Bins()
        self.pauses = Spread()
        self.sampled = 1
        """One in so many visits was followed, for there were too many at once."""
        self._shapes: dict[tuple[str, str], Asked | None] = {}
        self._slots = 0
        self._open: dict[int, _Visit] = {}  # the one that was silent longest first
        self.first_s: float | None = None
        self.last_s = 0.0

    def read(self, found: Iterable[tuple[int, str]]) -> None:
        """Takes all lines in, with their numbers."""
        for number, line in found:
            if not line.strip():
                continue
            try:
                hit = self.reader.hit(line)
                if hit is not None and self.first_s is not None and abs(hit.began_s - self.last_s) > _MOST_JUMP_S:
                    raise UnreadableLine  # noqa: TRY301 - a line is read, or it is not
            except UnreadableLine:
                self.unread += 1
                self.first_unread = self.first_unread or (number, masked(line))
                continue
            if hit is None:
                self.without_request += 1
            elif hit.method not in _VERBS or _FILES.search(hit.path):
                self.passed_over += 1
            else:
                self._take(hit)
        self.finish()

    def finish(self) -> None:
        """All visits are over."""
        for visit in self._open.values():
            self._over(visit)
        self._open.clear()
        if self.first_s is not None:
            self.visits.reach(self.last_s)

    def _take(self, hit: Hit) -> None:
        self.requests += 1
        self.first_s = hit.began_s if self.first_s is None else min(self.first_s, hit.began_s)
        self.last_s = max(self.last_s, hit.began_s)
        self.clients.add(hit.client)
        self.rate.add(hit.began_s, "")
        asked = self._asked(hit)
        pause_s = self._visited(hit, asked)
        if asked is None:
            self.unnamed += 1
            return
        asked.count += 1
        asked.failed += hit.failed
        if len(asked.clients) < LEAST_CLIENTS:
            asked.clients.add(hit.client)
        if pause_s is not None:
            asked.pauses.add(pause_s)
        self._items(hit, asked)

    def _visited(self, hit: Hit, asked: Asked | None) -> float | None:
        """Notes who has asked; how long they thought before, where that was seen."""
        self._end_visits(hit.began_s)
        if hit.client % self.sampled:
            return None
        visit, pause_s = self._open.pop(hit.client, None), None
        if visit is None:
            visit = _Visit(hit.began_s, hit.ended_s, set())
        elif (waited_s := hit.began_s - visit.last_s) >= _LEAST_THINK_S:
            pause_s = waited_s
            self.pauses.add(waited_s)
        visit.last_s = max(visit.last_s, hit.ended_s)
        if asked is not None and asked.ours:
            visit.asked.add(asked.ours)
        self._open[hit.client] = visit
        return pause_s

    def _end_visits(self, now_s: float) -> None:
        while self._open:
            client = next(iter(self._open))
            if now_s - self._open[client].last_s <= VISIT_S:
                break
            self._over(self._open.pop(client))
        while len(self._open) > _MOST_CLIENTS:
            self.sampled *= 2
            self._open = {client: visit for client, visit in self._open.items() if not client % self.sampled}

    def _over(self, visit: _Visit) -> None:
        kind = next((journey for journey, marks in _JOURNEYS if marks & visit.asked), OTHER)
        self.visits.add(visit.began_s, kind, self.sampled)

    def _asked(self, hit: Hit) -> Asked | None:
        """What it asks for; None where there are too many different to keep apart."""
        path = _shape(hit.path)
        key = hit.method, path
        if key not in self._shapes:
            if len(self._shapes) >= _MOST_SHAPES or not is_path(path):
                return None
            query = tuple(dict.fromkeys(name for name, _ in _parameters(hit.query)))
            published = Published(hit.method, path, words_of(path), (), (), form=False, headers=(), answer=(), query=query)
            match = best_match(published)
            found = Asked(published, match.ours.name if match else "", match.confidence if match else "")
            self._shapes[key] = self.asked[f"{hit.method} {path}"] = found
        return self._shapes[key]

    def _items(self, hit: Hit, asked: Asked) -> None:
        """Counts what its holes and parameters name, of items alone."""
        for name, value in (*_held(hit.path, asked.published.path), *_parameters(hit.query)):
            if not _is_item(name):
                continue
            if name not in asked.items:
                if self._slots >= _MOST_SLOTS:
                    continue
                self._slots += 1
                asked.items[name] = Frequent()
            asked.items[name].add(hash(value))


@lru_cache(maxsize=1024)  # every line asks for the same few
def _is_item(name: str) -> bool:
    """Whether what has this name is one of the campaign's items."""
    return stands_for(name) == "{sku}"


def _parameters(query: str) -> list[tuple[str, str]]:
    try:
        return [(name, value) for name, value in parse_qsl(query, max_num_fields=200) if name.isidentifier()][:_MOST_PARAMETERS]
    except ValueError:
        return []


def _held(path: str, shape: str) -> list[tuple[str, str]]:
    """The holes of a path by their names."""
    return [(hole[1:-1], part) for part, hole in zip(path.split("/"), shape.split("/"), strict=False) if hole.startswith("{")]


@lru_cache(maxsize=4096)
def _shape(path: str) -> str:
    return holed(path)


def masked(line: str) -> str:
    """A line's form without what it says: each letter is an a, each digit a 9."""
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", line))
