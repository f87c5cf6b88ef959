"""Times as services write them, by a pattern such as `yyyy-MM-dd HH:mm:ss` and a zone, to and from milliseconds of the epoch."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from scenarios.errors import BadInput
from scenarios.harmless import clipped

_PARTS: dict[str, tuple[str, Callable[[datetime], str]]] = {
    "yyyy": (r"\d{4}", lambda time: f"{time.year:04d}"),
    "MM": (r"\d{2}", lambda time: f"{time.month:02d}"),
    "dd": (r"\d{2}", lambda time: f"{time.day:02d}"),
    "HH": (r"\d{2}", lambda time: f"{time.hour:02d}"),
    "mm": (r"\d{2}", lambda time: f"{time.minute:02d}"),
    "ss": (r"\d{2}", lambda time: f"{time.second:02d}"),
    "SSS": (r"\d{3}", lambda time: f"{time.microsecond // 1000:03d}"),
}
_TOKEN = re.compile(r"yyyy|MM|dd|HH|mm|ss|SSS|T|Z|[A-Za-z]+|[^A-Za-z]")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_LEAST = ("yyyy", "MM", "dd")
_DAY_H, _HOUR_MIN = 24, 60
ALLOWED = "yyyy, MM, dd, HH, mm, ss, SSS, with what stands between them, and a zone such as +08:00 or Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class TimePattern:
    """How a service writes a time."""

    tokens: tuple[str, ...]
    zone: tzinfo
    shape: re.Pattern[str]

    @classmethod
    def of(cls, pattern: str, zone: str) -> "TimePattern":
        """Raises BadInput where it is none, says less than the day, or twice the same."""
        tokens = tuple(_TOKEN.findall(pattern))
        named = [token for token in tokens if token in _PARTS]
        strange = next((token for token in tokens if token[0].isalpha() and token not in (*_PARTS, "T", "Z")), "")
        if strange or len(set(named)) < len(named) or not set(_LEAST) <= set(named):
            what = f"{clipped(strange)!r} in " if strange else ""
            raise BadInput(f"{what}{clipped(pattern)!r} is no pattern of times; allowed: {ALLOWED}")
        shape = "".join(f"(?P<{token}>{_PARTS[token][0]})" if token in _PARTS else re.escape(token) for token in tokens)
        return cls(tokens, zone_of(zone), re.compile(shape, re.ASCII))

    def write(self, epoch_ms: int) -> str:
        """The time in its zone. Raises ValueError where no calendar has it."""
        try:
            time = datetime.fromtimestamp(epoch_ms / 1000, UTC).astimezone(self.zone)
        except (OverflowError, OSError):
            raise ValueError(f"{epoch_ms} is no time") from None
        return "".join(_PARTS[token][1](time) if token in _PARTS else token for token in self.tokens)

    def read(self, text: object) -> int | None:
        """Milliseconds of the epoch; None where the text is no such time."""
        found = self.shape.fullmatch(text if isinstance(text, str) else str(text))
        if found is None:
            return None
        said = {name: int(digits) for name, digits in found.groupdict().items()}
        try:
            time = datetime(
                said["yyyy"], said["MM"], said["dd"], said.get("HH", 0), said.get("mm", 0), said.get("ss", 0), tzinfo=self.zone
            )  # fmt: skip
        except ValueError:
            return None
        return round(time.timestamp()) * 1000 + said.get("SSS", 0)


def zone_of(name: str) -> tzinfo:
    """A zone by its offset or its name. Raises BadInput."""
    if offset := _OFFSET.fullmatch(name):
        hours, minutes = int(offset[2]), int(offset[3])
        if hours < _DAY_H and minutes < _HOUR_MIN:
            span = timedelta(hours=hours, minutes=minutes)
            return timezone(span if offset[1] == "+" else -span)
    elif name in ("Z", "UTC"):
        return UTC
    elif re.fullmatch(r"[A-Za-z_]+(/[A-Za-z_+-]+)*", name):
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, KeyError):
            pass
    raise BadInput(f"{clipped(name)!r} is no zone; allowed: an offset such as +08:00, UTC, or a name such as Asia/Shanghai")


def epoch_ms(time: object) -> int:
    """Milliseconds of the epoch, of ISO-8601 with its zone or of milliseconds already. Raises ValueError."""
    if isinstance(time, int) and not isinstance(time, bool):
        return time
    text = str(time)
    if text.isascii() and text.isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{clipped(text)!r} is a time without a zone")
    return round(moment.timestamp() * 1000)
