"""One document in several files: its parts, merged, each key knowing the file and line that it comes from."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.plan.yaml_reading import Plain, Tree

Loc = tuple[int | str, ...]
"""The way to a value: keys and places in lists."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that has been read."""

    path: Path
    data: dict[str, Plain]
    tree: Tree

    def line(self, loc: Loc) -> int | None:
        """Line of the deepest node on the way that the file has."""
        line, tree = None, self.tree
        for step in loc:
            if isinstance(tree, yaml.MappingNode):
                pair = next(((key, value) for key, value in tree.value if key.value == str(step)), None)
                if pair is None:
                    continue
                line, tree = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(tree, yaml.SequenceNode) and isinstance(step, int) and step < len(tree.value):
                tree = tree.value[step]
                line = tree.start_mark.line + 1
        return line


@dataclass(frozen=True, slots=True)
class Document:
    """All parts as one; the first has what none of them has."""

    parts: Sequence[Part]
    data: dict[str, Plain] = field(default_factory=dict)
    origins: dict[Loc, Part] = field(default_factory=dict)

    def part_of(self, loc: Loc) -> Part:
        """The file that a value on this way comes from."""
        known = (loc[:length] for length in range(len(loc), 0, -1))
        return next((self.origins[way] for way in known if way in self.origins), self.parts[0])

    def place(self, loc: Loc) -> tuple[Path, int | None]:
        """File and line of what stands on this way."""
        part = self.part_of(loc)
        return part.path, part.line(loc)


def merge(parts: Iterable[Part], sections: AbstractSet[Loc] = frozenset()) -> Document:
    """The parts as one document. Only the mappings at the ways in `sections` may be filled by several.

    Raises:
        BadInput: two parts give the same key.
    """
    document = Document(tuple(parts))
    for part in document.parts:
        _add(document, part, part.data, document.data, (), sections)
    return document


def _add(document: Document, part: Part, data: dict[str, Plain], into: dict[str, Plain], way: Loc, sections: AbstractSet[Loc]) -> None:
    for key, value in data.items():
        here = (*way, key)
        known = into.get(key)
        if here in sections and isinstance(value, dict) and (key not in into or isinstance(known, dict)):
            document.origins.setdefault(here, part)
            section = known if isinstance(known, dict) else {}
            into[key] = section
            _add(document, part, value, section, here, sections)
        elif key in into:
            other = document.origins[here]
            name = clipped(".".join(map(str, here)))
            raise BadInput(f"gives the key {name!r}, which {other.path}:{other.line(here)} gives too", path=part.path, line=part.line(here))
        else:
            into[key] = value
            document.origins[here] = part


def laid_over(own: Document, base: Document) -> Document:
    """The base, in which whatever the own document says stands instead; of a mapping that both have, key by key."""
    document = Document((*own.parts, *base.parts), origins=dict(base.origins))
    document.data.update(_over(own, own.data, base.data, (), document.origins))
    return document


def _over(own: Document, data: dict[str, Plain], base: dict[str, Plain], way: Loc, origins: dict[Loc, Part]) -> dict[str, Plain]:
    result = dict(base)
    for key, value in data.items():
        here, known = (*way, key), base.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            result[key] = _over(own, value, known, here, origins)
        else:
            result[key], origins[here] = value, own.part_of(here)
    return result
