"""The term: who leads, decided once, numbered, and written down before anything is done about it.

The number is the fencing token. Whoever acts in an older term is refused: by the gateway, which lets nobody through to a leader of an
older term, and by the databases themselves, whose start compares the token in the very process that becomes the server.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from mock_bank.errors import WorldFaultError
from mock_bank.layout.folders import write_private
from mock_bank.processes.plain_files import read_plain
from mock_bank.processes.system_user import SystemUser

# $1 the term's file, $2 the token, $3 the data folder of one that must not lead, else empty; then the server's own command.
_GUARD = """
read -r now <"$1" && [ "$now" = "$2" ] || { echo "fenced: the term is ${now:-unknown}, not $2" >&2; exit 78; }
[ -z "$3" ] || [ -e "$3/standby.signal" ] || { echo "fenced: $3 must not lead and is no standby" >&2; exit 78; }
shift 3
exec "$@"
"""


class Data(StrEnum):
    """What the data of the one who does not lead is good for."""

    CLEAN = "clean"  # a standby of this term's leader: it may be started as it is
    DIVERGED = "diverged"  # a former leader's: it may hold what its successor never had, and must be rewound
    TORN = "torn"  # half rewound or half copied: only a new copy makes it whole


@dataclass(frozen=True, slots=True)
class Term:
    """A decision about who leads, and how far it has been carried out."""

    number: int
    leader: str
    former: str  # the leader before: its processes are ended before anything else
    established: bool = False  # whether the leader has taken a write in this term; before that nobody is let through to it
    other: Data = Data.CLEAN
    hold_until_s: float = 0.0  # nothing lost is brought back before, on this machine's monotonic clock
    released: bool = True  # whether what is lost may come back without being asked for

    @property
    def token(self) -> str:
        """What is compared at the start of a server."""
        return f"{self.number} {self.leader}"


class TermFile:
    """The term on disk: its token on the first line, the whole on the second."""

    def __init__(self, path: Path, owner: SystemUser) -> None:
        """`owner` runs the servers, which read it."""
        self.path, self._owner = path, owner

    def write(self, term: Term) -> None:
        """Make it the term; on disk when this returns.

        Raises:
            WorldFaultError: it is not.
        """
        try:
            write_private(self.path, f"{term.token}\n{json.dumps(asdict(term))}\n", owner=self._owner, durable=True)
        except OSError as error:
            raise WorldFaultError(f"the term {term.number} could not be written to {self.path}: {error.strerror}") from error

    def read(self) -> Term:
        """The term that was written last.

        Raises:
            WorldFaultError: there is none, or it is not one.
        """
        try:
            record = json.loads(read_plain(self.path).splitlines()[1])
            return Term(**{**record, "other": Data(record["other"])})
        except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
            raise WorldFaultError(f"{self.path} holds no term: {error!r}") from error


def guarded(command: Sequence[str], file: Path, term: Term, *, standby: Path | None = None) -> list[str]:
    """The server's command behind its guard: it ends with 78 where the term is another now, or where a `standby`'s data would lead."""
    return ["/bin/sh", "-c", _GUARD, "guard", str(file), term.token, str(standby or ""), *command]
