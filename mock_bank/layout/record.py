"""What a world's supervisor must know to take over from one that died: its addresses and secrets, and whether it was up."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mock_bank.errors import WorldFaultError
from mock_bank.layout.folders import write_private
from mock_bank.layout.topology import Addresses, Credentials
from mock_bank.processes.plain_files import read_plain


@dataclass(frozen=True, slots=True)
class Record:
    """All that is not drawn from the settings."""

    addresses: Addresses
    credentials: Credentials
    up: bool = False  # whether the world has been healthy once; before that nobody takes over

    def write(self, path: Path) -> None:
        """Put it where `read` finds it."""
        write_private(path, json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Record | None":
        """What was written last; None where there is nothing.

        Raises:
            WorldFaultError: it cannot be read.
        """
        try:
            told = json.loads(read_plain(path))
            return cls(Addresses(**told["addresses"]), Credentials(**told["credentials"]), bool(told["up"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorldFaultError(f"{path} is no record of a world: {error!r}") from error
