"""Pushes to an OpenTelemetry collector."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scenarios.errors import BadInput

if TYPE_CHECKING:
    from stormdrill.metrics.otlp_push import Push

PLACE = "otlp:http://HOST:PORT"
_PUSH_PATH = "/v1/metrics"


@contextmanager
def opened(place: str, tell: Callable[[str], None]) -> Iterator["Push"]:
    """Pushes to that URL until the end, and then the last figures.

    Raises:
        BadInput: the place is no URL, or the packages of the extra are not there.
    """
    from stormdrill.metrics.otlp_push import Push  # noqa: PLC0415 - its packages are an extra

    url = endpoint(place)
    tell(f"metrics go to {url}")
    push = Push(url, tell)
    try:
        yield push
    finally:
        push.close()


def endpoint(place: str) -> str:
    """The address to push to: with OTLP's own path where the URL has none. Raises BadInput."""
    parts = urlsplit(place)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"--metrics 'otlp:{place}' is no place for metrics; allowed: {PLACE}")
    if "@" in parts.netloc:
        raise BadInput("--metrics otlp:… names a password in its URL; give it in OTEL_EXPORTER_OTLP_HEADERS instead")
    return place if parts.path.strip("/") else place.rstrip("/") + _PUSH_PATH
