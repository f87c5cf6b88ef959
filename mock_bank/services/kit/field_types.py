"""Kinds of values that several features' requests have."""

from typing import Annotated

from pydantic import Field

Fen = Annotated[int, Field(ge=0, le=10**15, strict=True)]
PositiveFen = Annotated[int, Field(ge=1, le=10**12, strict=True)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,80}$")]
Text = Annotated[str, Field(min_length=1)]
