"""What English texts are in another language: whole ones, and sentences with holes for figures and names.

A run folder holds English sentences (what faults, drills and systems told), and a finding is one. So that no check and no section needs to
know of languages, a sentence is told by what it is made of: the template of the catalogue whose fixed words it has, and its values, each
of which is told in its turn.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from reports.formatting import plural

_HERE = Path(__file__).parent
_HOLE = re.compile(r"\{(\w+)\}")
_LETTERS = re.compile(r"[A-Za-z]{2}")
_SENTENCE = re.compile(r"(?<![\w.:-])[a-z]{2,} [a-z]{2,}(?![\w.:-]\w)")
"""Two plain words beside each other: no name has them."""
_JOINTS = (("; ", "；"), (": ", "："), (", ", "，"), (" (", "（"))
_NOUNS = "nouns.yaml"
_STOP, _TOLD_STOP = ".", "。"

_FIGURE = r"(?:> )?[-+]?[\d.,]*\d|none|never"
_COUNTED = r"(?:no|[\d,]+)(?: [a-z ]+?)?"
_KINDS = {
    **dict.fromkeys(
        ("at", "count", "from", "to", "low", "high", "seconds", "minutes", "percent", "fen", "odds", "wins", "least", "most", "deadline"),
        _FIGURE,
    ),
    "gate": r"[^:]+? (?:<=|>=|==) [^:]+?",
    "money": r"−?¥[\d.,]+",
    "bucket": r"[^\s,;]+",
}
"""What may stand in a hole, by its name; anything in others, and in one that is called as a noun's plural a count of those."""
_VERBATIM = ("answer", "hand", "given")
"""What others answered or have named, and what a person has to type: it stays as it is, whatever it says."""
_NAMES = ("drill", "policy", "bucket", "item")
"""Whose names are nobody's to translate, though a word of the catalogue be called so."""


@dataclass(frozen=True, slots=True)
class _Template:
    """A sentence with holes."""

    pattern: re.Pattern[str]
    told: str  # in the other language, with the same holes
    fixed: tuple[str, ...]  # its words, which every sentence of it has

    @property
    def weight(self) -> int:
        """How much of a sentence is the template's own: who has more is nearer to it."""
        return sum(map(len, self.fixed))

    def filled(self, values: Mapping[str, str]) -> str:
        """It in the other language, with these values in its holes."""
        return _HOLE.sub(lambda hole: values[hole[1]], self.told)


class Catalogue:
    """English texts, and what they are in one other language."""

    def __init__(self, texts: Mapping[str, str], counted: Collection[str]) -> None:
        """Of texts with and without holes, which stand in braces: `{count} of {all}`; and of the nouns that it counts, in the plural."""
        stopless = {english.removesuffix(_STOP): told.removesuffix(_TOLD_STOP) for english, told in texts.items()}
        self._whole = {english: told for english, told in stopless.items() if not _HOLE.search(english)}
        made = (_template(english, told, counted) for english, told in stopless.items() if _HOLE.search(english))
        self._templates = sorted(made, key=lambda one: -one.weight)
        self._said: dict[str, str | None] = {}

    def tell(self, english: str) -> str | None:
        """The text in the catalogue's language, or as it is where it has no words; None where the catalogue does not know it."""
        if not _LETTERS.search(english):
            return english
        if english not in self._said:
            self._said[english] = self._told(english)
        return self._said[english]

    def _told(self, english: str) -> str | None:
        if english.endswith(_STOP):
            told = self.tell(english[:-1])
            return f"{told}{_TOLD_STOP}" if told else None
        ways = (self._whole.get, self._by_template, self._in_lower_case, self._in_parts, self._by_nearest_template)
        return next((told for way in ways if (told := way(english)) is not None), None)

    def _by_template(self, english: str) -> str | None:
        """By the first template in whose holes stand names, figures, and sentences that are known."""
        found = (self._filled(template, english, whole=True) for template in self._templates)
        return next((told for told in found if told is not None), None)

    def _by_nearest_template(self, english: str) -> str | None:
        """By the first one that fits; a sentence in it that is not known stays as it is."""
        found = (self._filled(template, english, whole=False) for template in self._templates)
        return next((told for told in found if told is not None), None)

    def _filled(self, template: _Template, english: str, *, whole: bool) -> str | None:
        if not all(words in english for words in template.fixed) or not (found := template.pattern.fullmatch(english)):
            return None
        told = {hole: self._in_hole(hole, value, whole=whole) for hole, value in found.groupdict().items()}
        known = {hole: value for hole, value in told.items() if value is not None}
        return template.filled(known) if len(known) == len(told) else None

    def _in_hole(self, hole: str, value: str, *, whole: bool) -> str | None:
        if hole in _VERBATIM:
            return value
        told = None if hole in _NAMES else self.tell(value)
        return told or (value if not whole or _name(value) else None)

    def _in_lower_case(self, english: str) -> str | None:
        """A sentence's first word is written large on the page, a name's never small; nor is that of RTO and RPO."""
        large = english[0].isupper() and not english[1].isupper()
        return self.tell(english[0].lower() + english[1:]) if large and " " in english else None

    def _in_parts(self, english: str) -> str | None:
        """Sentences that were joined: told where at least one of them is known, and the rest is a name or a figure."""
        for joint, told_joint in _JOINTS:
            head, met, tail = english.partition(joint)
            if not met:
                continue
            parts = [head, tail.removesuffix(")") if joint == " (" else tail]
            told = [self.tell(part) or _name(part) for part in parts]
            if all(one is not None for one in told) and told != parts:
                return f"{told[0]}{told_joint}{told[1]}" + ("）" if joint == " (" else "")
        return None


def _name(part: str) -> str | None:
    """A part that is nobody's sentence, such as an operation, a drill, or a name with a number."""
    return None if _SENTENCE.search(part) else part


def _template(english: str, told: str, counted: Collection[str]) -> _Template:
    pieces = _HOLE.split(english)
    fixed, holes = pieces[0::2], pieces[1::2]
    pattern = "".join(
        f"{re.escape(words)}(?P<{hole}>{_kind(hole, counted)})" if place < len(holes) else re.escape(words)
        for place, (words, hole) in enumerate(zip(fixed, [*holes, ""], strict=True))
    )
    return _Template(re.compile(pattern, re.DOTALL), told, tuple(filter(None, fixed)))


def _kind(hole: str, counted: Collection[str]) -> str:
    return _KINDS.get(hole) or (_COUNTED if hole in counted else ".+?")


def _plurals(language: str) -> frozenset[str]:
    """Nouns that a language counts, in the plural, each by its last word."""
    return frozenset(plural(noun).split()[-1] for noun, _ in _read(language, _NOUNS))


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language: all files of its folder."""
    return Catalogue(dict(texts(language)), _plurals(language))


def texts(language: str) -> Iterator[tuple[str, str]]:
    """Each English text of a language's files with what it is in that language; of a noun its forms."""
    for path in sorted((_HERE / language).glob("*.yaml")):
        for english, told in _read(language, path.name):
            yield from _forms(english, told) if path.name == _NOUNS else ((english, told),)


def _read(language: str, file: str) -> Iterable[tuple[str, str]]:
    read: dict[str, str] = yaml.safe_load((_HERE / language / file).read_text("utf-8"))
    return read.items()


def _forms(noun: str, told: str) -> Iterator[tuple[str, str]]:
    """As `many` counts them, and the noun in the plural by itself."""
    yield f"no {noun}", f"0 {told}"
    yield f"1 {noun}", f"1 {told}"
    yield f"{{count}} {plural(noun)}", f"{{count}} {told}"
