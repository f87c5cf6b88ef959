"""What a service publishes or was seen to do, whatever that was read from: its operations by verb, path and names of fields; no values."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from scenarios.draft.foreign_yaml import read_texts
from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.safe_reading import Unreadable, read_bounded
from scenarios.target.addresses import parse_address

EXAMPLE = "https://uat.bank.example:8443"
UNNAMED = f"no address is named; write the test system's, as {EXAMPLE}"
"""What is said of a service's base where there is none."""

METHODS = ("get", "post", "put", "patch", "delete")
MOST_DEPTH = 6
_MOST_FIELDS = 300
_MOST_PATH = 500
_MOST_GUESSED = 2_000_000
"""Beyond this, what ends in .json or .har and is no JSON is not tried as YAML, which takes twenty times as long."""

_HEADER = re.compile(r"[A-Za-z_][\w-]{0,70}", re.ASCII)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Published:
    """One operation of a service."""

    method: str
    path: str
    words: frozenset[str]
    """Of its path, its name and its summary."""
    body: tuple[str, ...]  # names of the fields of what is sent, those of inner objects with dots
    required: tuple[str, ...]
    form: bool
    headers: tuple[str, ...]
    answer: tuple[str, ...]  # of what a success answers
    query: tuple[str, ...] = ()
    token: str = ""
    """Where its answer tells what later requests carry in a header, if that was seen."""
    operation: str = ""
    """Of GraphQL: its name, by which it is told apart from others on its path; `body` are then its variables."""
    graphql: str = ""
    """Its document without literals."""
    reads: bool = False
    """Whether it is known to change nothing, though it is posted."""

    @property
    def shape(self) -> str:
        """Its method and its path with nameless holes: the same for whoever names them otherwise."""
        return f"{self.method} {shape_of(self.path)}{self.operation and f'#{self.operation}'}"


BEARER = "Authorization: Bearer {token}"


@dataclass(frozen=True, slots=True)
class Service:
    """All that is published."""

    base: str  # empty where no address is named that a file can hold
    operations: tuple[Published, ...]
    bearer: bool
    key_headers: tuple[str, ...]
    sent_back: str = ""  # the one in which a token goes back, as "X-Session: {token}", if that was seen
    about_base: str = ""
    """What is to be said of the address, in a sentence."""
    notes: tuple[str, ...] = ()
    """What the reader could not take in, a sentence each."""
    recorded: bool = False
    """Whether it is what was seen of the service, and no promise of all that it does."""


def shape_of(path: str) -> str:
    """A path with nameless holes, without its query."""
    return re.sub(r"\{+[^{}]*\}+", "{}", path.partition("?")[0]).rstrip("/") or "/"


def words_of(text: str) -> frozenset[str]:
    """The words of names in whatever case they are joined, in small letters; those of holes left out."""
    return frozenset(word.lower() for word in _WORD.findall(re.sub(r"[{].*?[}]", " ", text).replace("_", " ")))


def few(names: Iterator[str]) -> tuple[str, ...]:
    """Each once, and no more than anybody would look through; none that could not stand in a file, and none that is empty."""
    found = dict.fromkeys(name for name in islice(names, 10 * _MOST_FIELDS) if name and name.isprintable() and len(name) <= _MOST_PATH)
    return tuple(islice(found, _MOST_FIELDS))


def is_header(name: object) -> bool:
    """Whether a file can name it."""
    return isinstance(name, str) and _HEADER.fullmatch(name) is not None


def is_path(path: object) -> bool:
    """Whether a file can hold it."""
    return isinstance(path, str) and path.startswith("/") and not path.startswith("//") and path.isprintable() and len(path) <= _MOST_PATH


def base_of(url: str) -> str:
    """An address as services' bases are written; empty where it is none that a file can hold."""
    try:
        parse_address(url)
    except BadInput:
        return ""
    parts = urlsplit(url)
    return "" if "{" in url or parts.query or parts.fragment else url.rstrip("/")


def read_document(path: Path, most_bytes: int) -> object:
    """What a file says in JSON or YAML.

    Raises:
        BadInput: it cannot be read, is no plain file, is longer than that, is neither, or has a key twice.
    """
    try:
        raw = read_bounded(path, most_bytes)
    except Unreadable as error:
        raise BadInput(str(error), path=path) from None
    except ValueError:  # a NUL
        raise BadInput("is no name of a file", path=path) from None
    if not raw:
        raise BadInput("is empty", path=path)
    try:
        return _parsed(raw.decode("utf-8-sig"), json_only=path.suffix in (".json", ".har") and len(raw) > _MOST_GUESSED)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadInput(f"is neither JSON nor YAML: {clipped(error.problem)}", path=path, line=line) from None
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise BadInput(f"is neither JSON nor YAML: {clipped((str(error) or type(error).__name__).splitlines()[0])}", path=path) from None


def _parsed(text: str, *, json_only: bool) -> object:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except ValueError:
        if json_only:
            raise
        return read_texts(text)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it has a key twice")
    return found


def mapping(node: object) -> Mapping[str, object]:
    """It, where it is one; else an empty one."""
    return node if isinstance(node, dict) else {}


def items(node: object) -> list[object]:
    """It, where it is a list; else none."""
    return node if isinstance(node, list) else []


def text(node: object) -> str:
    """It, where it is a text; else none."""
    return node if isinstance(node, str) else ""
