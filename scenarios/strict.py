"""The base of every model that a file or a message is held to."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of a file: unknown keys and numbers without end are refused, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


FOLDER = "folder"
"""In the context of a validation: the folder of the file that is read, from which other files that it names are looked for."""
