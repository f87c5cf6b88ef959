"""A page or a chart in another language: the texts that people see are told, the rest stays as it is."""

import re
from collections.abc import Iterator
from html import escape, unescape

from reports.languages import Language
from reports.languages.catalogue import catalogue

_TAG = re.compile(r"(<[^>]*>)")
_OPENS = re.compile(r"<([a-zA-Z][\w:-]*)")
_LABEL = re.compile(r'(?<= aria-label=")[^"]*')
_NEVER = ("style", "script", "code")
_UNTOLD = 'translate="no"'


def in_language(markup: str, language: Language) -> str:
    """HTML or SVG with its texts in a language. What is code or has `translate="no"` stays: names from a scenario, raw events."""
    return markup if language == "en" else "".join(_told(markup, language))


def _told(markup: str, language: Language) -> Iterator[str]:
    within, depth = "", 0  # the element that stays as it is, and how often it is open
    for piece in _TAG.split(markup):
        if not piece.startswith("<"):
            yield piece if within else _text(piece, language)
            continue
        opened = _OPENS.match(piece)
        name = opened[1].lower() if opened else piece[2:-1].lower() if piece.startswith("</") else ""
        if within:
            depth += (name == within) * (1 if opened and not piece.endswith("/>") else 0 if opened else -1)
            within = within if depth else ""
        elif opened and (name in _NEVER or _UNTOLD in piece):
            within, depth = name, 1
        yield piece if within else _LABEL.sub(lambda label: _text(label[0], language), piece)


def _text(piece: str, language: Language) -> str:
    """A text between two tags; spaces around it stay."""
    english = unescape(piece)
    said = english.strip()
    told = catalogue(language).tell(said) if said else None
    return piece if told is None or told == said else escape(english.replace(said, told, 1))


def tell(english: str, language: Language) -> str:
    """A single text; as it is where the catalogue does not know it."""
    return english if language == "en" else catalogue(language).tell(english) or english
