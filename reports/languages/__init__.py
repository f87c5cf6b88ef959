"""The languages in which a report can be told. English is what the code says, and the key; a folder here is another language."""

from typing import Literal, get_args

from scenarios.errors import BadInput

Language = Literal["en", "zh"]

HTML_NAMES: dict[Language, str] = {"en": "en", "zh": "zh-Hans"}

LANGUAGES: tuple[Language, ...] = get_args(Language)


def language(name: str) -> Language:
    """The language of that name. Raises BadInput where there is none."""
    for known in LANGUAGES:
        if name == known:
            return known
    raise BadInput(f"--lang is {name!r}; allowed: {', '.join(sorted(LANGUAGES, reverse=True))}")
