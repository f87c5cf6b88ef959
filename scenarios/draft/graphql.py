"""GraphQL in a recording: many operations on one path, told apart by their names; of their documents no literal is kept."""

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.draft.published import mapping, text

_MOST_CHARS = 20_000
_OPERATION = re.compile(r"\b(query|mutation|subscription)\b\s*([A-Za-z_]\w{0,79})?")
_FIRST_FIELD = re.compile(r"\{\s*(?:\w{1,80}\s*:\s*)?([A-Za-z_]\w{0,79})")
_NAME = re.compile(r"[A-Za-z_]\w{0,79}", re.ASCII)
_DECLARED = re.compile(r"\$(\w{1,80})\s*:")
_LITERAL = re.compile(r'"""(?:[^"]|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*')
_NUMBER = re.compile(r"(?<![\w$.])-?\d[\w.+-]*")


@dataclass(frozen=True, slots=True)
class Document:
    """One operation of GraphQL, as a request has named it."""

    name: str
    reads: bool
    query: str
    """Without its literals: "" and 0 stand for them; nothing where it was sent by its hash alone."""
    variables: Mapping[str, object]

    @property
    def declared(self) -> tuple[str, ...]:
        """The variables that it may be given."""
        return tuple(dict.fromkeys(_DECLARED.findall(self.query)))

    @property
    def words(self) -> str:
        """Its name, and that of the first field that it asks for."""
        field = _FIRST_FIELD.search(self.query)
        return f"{self.name} {field[1] if field else ''}"


def document_in(body: object) -> Document | None:
    """What a JSON body asks in GraphQL; None where it is none."""
    said = mapping(body)
    query, name = text(said.get("query")), text(said.get("operationName"))
    by_hash = not query and "persistedQuery" in mapping(said.get("extensions"))
    if not (by_hash or (len(query) <= _MOST_CHARS and "{" in query)) or not (name or query):
        return None
    plain = "" if by_hash else without_literals(query)
    kinds: dict[str, str] = {}
    for found in _OPERATION.finditer(plain):
        kinds.setdefault(found[2] or "", found[1])
    if not _NAME.fullmatch(name):
        field = _FIRST_FIELD.search(plain)
        name = next((each for each in kinds if each), "") or (field[1] if field else "")
    if not name:
        return None
    return Document(name, kinds.get(name, kinds.get("", "query")) != "mutation", plain, mapping(said.get("variables")))


def name_of(query: str) -> str:
    """By which a document is told apart from others on its path."""
    found = document_in({"query": query})
    return found.name if found else ""


def without_literals(query: str) -> str:
    """A document whose texts, numbers and comments are gone: they may be somebody's."""
    bare = _LITERAL.sub(lambda found: "" if found[0].startswith("#") else '""', query.expandtabs(2).replace("\r\n", "\n"))
    bare = _NUMBER.sub("0", bare)
    lines = (line.rstrip() for line in textwrap.dedent(bare).strip().splitlines())
    return "\n".join(line for line in lines if line and line.isprintable())
