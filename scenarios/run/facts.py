"""What an event tells is one of its facts' kinds: the base of them all, and how all of a family are found."""

from collections.abc import Iterator
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue


class Facts(BaseModel):
    """What an event tells. Frozen and strict: what does not fit is refused, when it is written and when it is read."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    kind: ClassVar[str] = ""
    fsynced: ClassVar[bool] = False  # on the disk before the writer goes on


class Other(Facts):
    """Something that this version has no model of: a newer one wrote it."""

    name: str
    told: dict[str, JsonValue]


FactsT = TypeVar("FactsT", bound=Facts)


def kinds_of(family: type[FactsT]) -> dict[str, type[FactsT]]:
    """Every kind of a family by its name in the file."""
    return {one.kind: one for one in _kinds(family)}


def _kinds(family: type[FactsT]) -> Iterator[type[FactsT]]:
    for one in family.__subclasses__():
        if one.kind:
            yield one
        yield from _kinds(one)
