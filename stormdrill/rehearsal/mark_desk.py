"""Where the people who fail over say what they do: on the run's own loopback address, to whoever shows the run's token.

    curl -H "Authorization: Bearer $(cat RUN/handover/mark.token)" -d "words" "$(cat RUN/handover/mark.url)/switching"

Each mark is an event of the run, written by this process as it is heard, and sealed with everything else.
"""

import hmac
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.plan.observed import MarkKind
from scenarios.run.folder import HANDOVER, Plan, Run
from scenarios.run.mark_kinds import MOST_WORDS, Marked
from stormdrill.rehearsal.runs_under_way import known

BY_HEADER = "X-Marked-By"
MARKS = ", ".join(MarkKind)
_MOST_BYTES = 4 * MOST_WORDS
MOST_NAME = 100
"""Characters of the name of who makes a mark."""
_MOST_DIGITS = 9
_SLOW_S = 5.0
_TOKEN_BYTES = 24

Hear = Callable[[Marked], None]


def url_file(run: Run) -> Path:
    """Where a run's address for marks stands, while it is under way."""
    return run.folder / HANDOVER / "mark.url"


def token_file(run: Run) -> Path:
    """Where the token that it asks for stands."""
    return run.folder / HANDOVER / "mark.token"


class Refused(Exception):
    """A request that is not taken: its status, and why in a sentence."""

    def __init__(self, status: int, why: str) -> None:
        """Both."""
        super().__init__(why)
        self.status = status


def mark_of(name: str) -> MarkKind:
    """A mark by its name. Raises BadInput, with those there are."""
    if name not in tuple(MarkKind):
        raise BadInput(f"there is no mark {clipped(name)!r}; there are: {MARKS}")
    return MarkKind(name)


def sound_words(words: str) -> str:
    """What a mark says, blanks around it apart. Raises BadInput where it is too long, or no text."""
    if len(words) > MOST_WORDS:
        raise BadInput(f"a mark says {MOST_WORDS} characters at most; these are {len(words):,}")
    if _is_no_text(words):
        raise BadInput("a mark's words are UTF-8 text")
    return words.strip()


def sound_name(name: str) -> str:
    """Who makes a mark. Raises BadInput where it is too long, or no text: nobody's name is cut."""
    if len(name) > MOST_NAME:
        raise BadInput(f"a name has {MOST_NAME} characters at most; this one has {len(name):,}")
    if _is_no_text(name):
        raise BadInput("a name is UTF-8 text")
    return name


def _is_no_text(words: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in words)


@contextmanager
def mark_desk(run: Run, plan: Plan, heard: Hear) -> Iterator[None]:
    """Takes marks in until it is left; `heard` is told of each, in a thread of the desk's. The last thing it does is to end their file."""
    events, writing = run.event_writer("marks", plan.t0_monotonic_ns), threading.Lock()

    def write(mark: Marked, at_ns: int) -> float:
        with writing:
            at_s = events.write(mark, at_ns).at_s
        heard(mark)
        return at_s

    token = secrets.token_urlsafe(_TOKEN_BYTES)
    server = _Server(token, write)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="marks", daemon=True)
    thread.start()
    places = (token_file(run), url_file(run))
    try:
        places[0].parent.mkdir(exist_ok=True)
        for place, text in zip(places, (token, f"http://127.0.0.1:{server.server_address[1]}/mark"), strict=True):
            _write_private(place, text)
        with known(run):
            yield
    finally:
        for place in places:
            place.unlink(missing_ok=True)
        server.shutdown()
        thread.join()
        server.server_close()
        with writing:
            events.close()


def _write_private(path: Path, text: str) -> None:
    """A line for its owner only, from its first byte on, whole or not at all."""
    part = path.with_name(f".{path.name}")
    with open(part, "w", opener=lambda name, flags: os.open(name, flags | os.O_EXCL, 0o600)) as file:
        file.write(f"{text}\n")
    part.replace(path)


class _Server(ThreadingHTTPServer):
    """One desk's: its token, and where its marks go."""

    daemon_threads = True

    def __init__(self, token: str, write: Callable[[Marked, int], float]) -> None:
        """On a free port of the loopback address."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token, self.write = token.encode(), write


class _Handler(BaseHTTPRequestHandler):
    """One request: a mark, or a sentence that says why it is none."""

    timeout = _SLOW_S
    server_version, sys_version = "stormdrill", ""
    error_message_format, error_content_type = "%(message)s\n", "text/plain; charset=utf-8"

    def do_POST(self) -> None:
        """The mark stands at the end of the address, what it says is the body."""
        at_ns, desk = time.monotonic_ns(), cast("_Server", self.server)
        try:
            mark = self._mark(desk.token)
            at_s = desk.write(mark, at_ns)
        except Refused as refused:
            self._say(refused.status, str(refused))
        except (OSError, ValueError):  # the disk is full, or the run has just ended
            self._say(503, "the mark cannot be written down any more")
        else:
            self._say(200, f"marked {mark.mark} at {at_s:.3f} s")

    def do_GET(self) -> None:
        """Nothing is told here."""
        self._say(405, f"a mark is a POST to /mark/KIND; kinds: {MARKS}")

    def _mark(self, token: bytes) -> Marked:
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(shown.encode(), token):
            raise Refused(403, "this is not the run's token, which stands in its folder in handover/mark.token")
        folder, _, name = urlsplit(self.path).path.strip("/").partition("/")
        if folder != "mark" or name not in tuple(MarkKind):
            raise Refused(404, f"there is no mark at {clipped(self.path)!r}; a mark is a POST to /mark/KIND; kinds: {MARKS}")
        return Marked(mark=name, by=self._name(), words=self._words())

    def _name(self) -> str:
        """As it stands in the header, or with per cent signs for what is no ASCII."""
        try:
            return sound_name(unquote(self.headers.get(BY_HEADER, "").encode("latin-1").decode(), errors="strict"))
        except UnicodeError:
            raise Refused(400, "a name is UTF-8 text") from None
        except BadInput as error:
            raise Refused(400, str(error)) from None

    def _words(self) -> str:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:
            raise Refused(411, "a mark's words are a body whose length is told")
        if len(length) > _MOST_DIGITS or int(length) > _MOST_BYTES:
            raise Refused(413, f"a mark says {MOST_WORDS} characters at most")
        try:
            return sound_words(self._body(int(length)).decode())
        except UnicodeDecodeError:
            raise Refused(400, "a mark's words are UTF-8 text") from None
        except BadInput as error:
            raise Refused(413, str(error)) from None

    def _body(self, length: int) -> bytes:
        """All of it: words that were cut on their way are not what somebody said."""
        try:
            body = self.rfile.read(length)
        except TimeoutError:
            raise Refused(408, f"the mark's words, {length:,} bytes by their Content-Length, did not come in {_SLOW_S:g} s") from None
        if len(body) < length:
            raise Refused(400, f"the mark's words were cut: {len(body):,} bytes of the {length:,} that their Content-Length tells")
        return body

    def _say(self, status: int, sentence: str) -> None:
        body = f"{sentence}\n".encode()
        with suppress(OSError):  # whoever asked is gone
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """The run's events tell what was heard."""
