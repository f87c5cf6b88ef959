"""Patterns (regular expressions) that take a time in proportion to the text, whatever the text is.

Only what can be told without going back is allowed: a repeat is of a single character or class, bounded, and what follows it cannot begin
with what it repeats; alternatives are plain characters. So a match is never tried twice over the same characters.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from re import _constants as kinds  # type: ignore[attr-defined]  # there is no public way to see how a pattern is made
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from scenarios.errors import BadInput
from scenarios.harmless import clipped

MOST_REPEATS = 1000
MOST_IN_ALL = 5000
MOST_ALTERNATIVES = 8
_ASCII = range(128)
_WIDE = 128
"""Stands for all characters beyond ASCII."""
ALLOWED = "characters, classes, a group, alternatives of characters, and repeats of one as {1,64} that differs from what follows"

_CHARACTERS = {kinds.LITERAL, kinds.NOT_LITERAL, kinds.IN, kinds.ANY}
_REPEATS = {kinds.MAX_REPEAT, kinds.MIN_REPEAT}


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> re.Pattern[str]:
    """The pattern, of ASCII classes.

    Raises:
        BadInput: it is none, or could take longer than in proportion to the text.
    """
    try:
        items = _flat(parser.parse(source, re.ASCII))
        found = re.compile(source, re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadInput(f"{clipped(source)!r} is no pattern: {clipped(str(error))}") from None
    _check(source, items)
    if found.groups > 1:
        raise BadInput(f"{clipped(source)!r} has more than one group; the one is what is taken")
    return found


def _flat(items: Any) -> list[tuple[Any, Any]]:
    """The items in their order, groups dissolved."""
    found: list[tuple[Any, Any]] = []
    for kind, argument in items:
        if kind is kinds.SUBPATTERN:
            found += _flat(argument[3])
        else:
            found.append((kind, argument))
    return found


def _check(source: str, items: Sequence[tuple[Any, Any]]) -> None:
    repeats = alternatives = 0
    for place, (kind, argument) in enumerate(items):
        if kind in _CHARACTERS or kind is kinds.AT:
            continue
        if kind is kinds.BRANCH:
            options = [_flat(option) for option in argument[1]]
            alternatives += len(options)
            if alternatives > MOST_ALTERNATIVES or any(one[0] not in _CHARACTERS for option in options for one in option):
                raise _refused(source, "alternatives")
            continue
        inner = _flat(argument[2]) if kind in _REPEATS else []
        if len(inner) != 1 or inner[0][0] not in _CHARACTERS:
            raise _refused(source, "what it repeats, or looks back at")
        most = int(argument[1])
        repeats += most
        if most > MOST_REPEATS or repeats > MOST_IN_ALL:
            raise _refused(source, f"a repeat of more than {MOST_REPEATS:,}")
        if argument[0] < argument[1] and _characters(inner[0]) & _first(items[place + 1 :]):
            raise _refused(source, "a repeat that may go on with what follows it")


def _refused(source: str, what: str) -> BadInput:
    return BadInput(f"the pattern {clipped(source)!r} may take too long for {what}; allowed: {ALLOWED}")


def _first(items: Sequence[tuple[Any, Any]]) -> frozenset[int]:
    """What the rest may begin with."""
    found: frozenset[int] = frozenset()
    for kind, argument in items:
        if kind is kinds.AT:
            continue
        if kind is kinds.BRANCH:
            options = [_flat(option) for option in argument[1]]
            found |= frozenset().union(*(_characters(option[0]) for option in options if option))
            if all(options):
                return found
        elif kind in _REPEATS:
            found |= _characters(_flat(argument[2])[0])
            if argument[0] > 0:
                return found
        else:
            return found | _characters((kind, argument))
    return found


def _characters(item: tuple[Any, Any]) -> frozenset[int]:
    """The ASCII characters that an item takes, and `_WIDE` where it takes any other."""
    kind, argument = item
    everything = frozenset((*_ASCII, _WIDE))
    if kind is kinds.LITERAL:
        return frozenset({min(argument, _WIDE)})
    if kind is kinds.NOT_LITERAL:
        return everything - ({argument} if argument < _WIDE else set())
    if kind is kinds.ANY:
        return everything - {ord("\n")}
    takes = _class(argument)
    return frozenset(code for code in _ASCII if takes(chr(code))) | {_WIDE}


_CATEGORIES = {
    kinds.CATEGORY_DIGIT: r"\d", kinds.CATEGORY_NOT_DIGIT: r"\D", kinds.CATEGORY_SPACE: r"\s",
    kinds.CATEGORY_NOT_SPACE: r"\S", kinds.CATEGORY_WORD: r"\w", kinds.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def _class(items: Any) -> Callable[[str], bool]:
    """Whether a class takes an ASCII character; of others it is taken to take some."""
    negated = bool(items) and items[0][0] is kinds.NEGATE
    members = [_member(kind, argument) for kind, argument in (items[1:] if negated else items)]
    return lambda char: negated != any(char in member for member in members)


def _member(kind: Any, argument: Any) -> frozenset[str]:
    if kind is kinds.LITERAL:
        return frozenset({chr(argument)})
    if kind is kinds.RANGE:
        return frozenset(chr(code) for code in _ASCII if argument[0] <= code <= argument[1])
    such = re.compile(_CATEGORIES[argument], re.ASCII)
    return frozenset(chr(code) for code in _ASCII if such.fullmatch(chr(code)))
