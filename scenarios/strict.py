"""The base of every model that a file or a message is held to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PrivateAttr

from scenarios.errors import BadInput

Place = Callable[[tuple[str | int, ...]], tuple[Path | None, int | None]]


class Strict(BaseModel):
    """A part of a file: unknown keys and numbers without end are refused, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a document was read. It makes no two of them different."""

    place: Place = field(default=lambda _: (None, None), compare=False)


class FromFile(Strict):
    """A whole file, or all files of a folder: it can tell the line of what is wrong with it when others have had their say."""

    _origin: _Origin = PrivateAttr(default=_Origin())

    def read_at(self, place: Place) -> None:
        """Says where the file and line of each of its parts are found."""
        self._origin = _Origin(place)

    def refusal(self, what: str, *loc: str | int) -> BadInput:
        """A sentence about the part on that way, with file and line; without them where it was not read from a file."""
        path, line = self._origin.place(loc)
        return BadInput(what, path=path, line=line)


FOLDER = "folder"
"""In the context of a validation: the folder of the file that is read, from which other files that it names are looked for."""
