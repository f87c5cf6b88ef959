"""What a world is started with, and what it was given: the supervisor's one argument."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, cast

from mock_bank.processes.identity import Identity
from mock_bank.processes.plain_files import read_plain


@dataclass(frozen=True, slots=True)
class Settings:
    """A world's choices; times in seconds."""

    directory: str
    nonce: str = ""
    owner: tuple[int, int] | None = None  # pid and start of the process that the world goes with; None: it stays until it is taken down
    durability: Literal["sync", "async"] = "sync"
    failover: Literal["supervisor", "patroni"] = "supervisor"  # who decides which database leads
    rejoin: Literal["auto", "hold"] = "auto"
    rejoin_after_s: float = 5.0
    patience_s: float = 5.0  # how long commits may wait for a lost standby before the primary goes on alone
    autoscale: bool = False  # whether the campaign service gets more nodes when it is full; the supervisor may be told otherwise later
    nice: int = 5
    for_tests: bool = False
    switches: tuple[str, ...] = ()  # the services' deliberate defects, by name; only in a world for tests

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """Read what `dumps` wrote; keys of others are passed over."""
        record = cast("dict[str, object]", json.loads(read_plain(path)))
        known = {field.name: record[field.name] for field in fields(cls) if field.name in record}
        known["owner"] = tuple(cast("list[int]", record["owner"])) if record.get("owner") else None
        known["switches"] = tuple(cast("list[str]", record["switches"]))
        return cls(**known)  # type: ignore[arg-type]  # asdict wrote these very types


def first_process(path: Path) -> Identity | None:
    """The first process of the world with these settings, if it lives."""
    try:
        told = json.loads(read_plain(path))["first_process"]
        identity = Identity(int(told["pid"]), int(told["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return identity if identity.alive() else None
