"""The cookies of one customer, kept and sent as RFC 6265 says: by host, path and time, so that sessions and sticky balancers work."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

MOST_COOKIES = 180
"""So many of one customer; the oldest goes where another comes."""

_MOST_CHARS = 4096


@dataclass(frozen=True, slots=True)
class _Cookie:
    name: str
    value: str
    domain: str
    whole_domain: bool  # hosts below it too
    path: str
    secure: bool
    until_s: float | None  # of the wall clock; None: as long as the customer is there

    def goes_to(self, host: str, path: str, *, secure: bool) -> bool:
        """Whether it is sent there."""
        there = host == self.domain or (self.whole_domain and host.endswith(f".{self.domain}"))
        below = path == self.path or path.startswith(self.path if self.path.endswith("/") else f"{self.path}/")
        return there and below and (secure or not self.secure)


class CookieJar:
    """One customer's."""

    __slots__ = ("_cookies",)

    def __init__(self) -> None:
        """Empty."""
        self._cookies: dict[tuple[str, str, str], _Cookie] = {}

    def take(self, lines: Iterable[str], host: str, request: bytes, now_s: float, *, secure: bool) -> None:
        """Takes the Set-Cookie headers of an answer to a request in; one that is over is forgotten, one of another host is none."""
        for line in lines:
            cookie = _parsed(line, host, _path(request), now_s)
            if cookie is None or (cookie.secure and not secure):
                continue
            place = (cookie.domain, cookie.path, cookie.name)
            if cookie.until_s is not None and cookie.until_s <= now_s:
                self._cookies.pop(place, None)
                continue
            self._cookies[place] = cookie
            if len(self._cookies) > MOST_COOKIES:
                self._cookies.pop(next(iter(self._cookies)))

    def lives_s(self, name: str, now_s: float) -> float | None:
        """For how many seconds the cookie of that name will be sent; None where there is none, or it has no end."""
        ends = [cookie.until_s for cookie in self._cookies.values() if cookie.name == name and cookie.until_s is not None]
        return max(ends) - now_s if ends else None

    def added_to(self, request: bytes, host: str, now_s: float, *, secure: bool) -> bytes:
        """The request with the cookies that go there, the longest path first; unchanged where there is none, or it has its own."""
        path = _path(request)
        for place in [place for place, cookie in self._cookies.items() if cookie.until_s is not None and cookie.until_s <= now_s]:
            del self._cookies[place]
        going = [cookie for cookie in self._cookies.values() if cookie.goes_to(host, path, secure=secure)]
        if not going or b"\r\ncookie:" in request[: request.find(b"\r\n\r\n") + 2].lower():
            return request
        going.sort(key=lambda cookie: -len(cookie.path))
        said = "; ".join(f"{cookie.name}={cookie.value}" for cookie in going).encode("latin-1")
        first, rest = request.split(b"\r\n", 1)
        return b"%b\r\nCookie: %b\r\n%b" % (first, said, rest)


def _path(request: bytes) -> str:
    return request[: request.find(b"\r\n")].split(b" ")[1].partition(b"?")[0].decode("latin-1")


def _parsed(line: str, host: str, path: str, now_s: float) -> _Cookie | None:
    first, *attributes = line.split(";")
    name, equals, value = (part.strip() for part in first.partition("="))
    if not equals or not name or len(line) > _MOST_CHARS or not line.isprintable():
        return None
    said = {key.strip().lower(): each.strip() for key, _, each in (attribute.partition("=") for attribute in attributes)}
    domain = said.get("domain", "").removeprefix(".").lower()
    if domain and domain != host and (not host.endswith(f".{domain}") or "." not in domain or _is_address(host)):
        return None
    own = said.get("path", "")
    default = path[: path.rfind("/")] or "/"
    whole = domain != "" and not _is_address(host)
    return _Cookie(name, value, domain or host, whole, own if own.startswith("/") else default, "secure" in said, _until_s(said, now_s))


def _until_s(said: dict[str, str], now_s: float) -> float | None:
    """When it is over: its age goes before its date."""
    age = said.get("max-age", "")
    if age.removeprefix("-").isdecimal() and len(age) <= 10:  # noqa: PLR2004 - three hundred years will do
        return now_s + int(age)
    try:
        return parsedate_to_datetime(said["expires"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):  # none is named, or none that is a date
        return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
