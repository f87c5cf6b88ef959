"""Requests that were recorded or are kept, as published operations: of them verbs, paths and names remain, and no value.

What is in a path, a query, a header or a body may be somebody's: a part of a path stays only where it reads as a word, and nowhere in the
recording stands as a value; any other is a hole.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

from scenarios.draft.graphql import document_in
from scenarios.draft.published import BEARER, MOST_DEPTH, UNNAMED, Published, Service, few, is_header, is_path, mapping, shape_of, words_of
from scenarios.harmless import clipped

_MOST_VALUES = 200_000
_MOST_SHAPES = 500
_MOST_NOTED = 10
_LEAST_VALUE, _LEAST_TOKEN = 3, 8
_OK = range(200, 300)
_NAME = re.compile(r"[A-Za-z_$@][\w$@-]{0,60}", re.ASCII)
_DIGITS = re.compile(r"\d{4}")
_WORD = re.compile(r"v\d{1,2}|[A-Za-z]{3,24}\d?|[A-Za-z]{1,24}([._-][A-Za-z]{1,24}){0,5}")
_HUMPS = re.compile(r"[A-Z]")
_GENERIC = frozenset({"id", "no", "code", "key", "name", "value", "data", "uuid"})
_KEY_HEADER = re.compile(r"^(x-)?(api|app|client|access)[-_]?(key|id|secret)$|^apikey$", re.IGNORECASE)


def _names(said: str) -> frozenset[str]:
    return frozenset(said.split())


_USUAL = _names(
    "accept accept-charset accept-encoding accept-language access-control-request-headers access-control-request-method authorization "
    "cache-control connection content-length content-type cookie dnt expect host if-match if-modified-since if-none-match origin pragma "
    "priority proxy-authorization range referer te trailer transfer-encoding upgrade upgrade-insecure-requests user-agent via "
    "x-requested-with"
)
_PEOPLE = _names("user users member members customer customers account accounts people person u")
"""What comes behind these is somebody's name."""

_SAID = _names(
    "login session sessions auth token claim claims coupon coupons stock activity activities campaign campaigns account accounts balance "
    "transfer transfers order orders status redeem checkin packet open list query get do api member user users prize prizes"
)
_SCHEMES = re.compile(r"^(bearer|token|jwt)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, and its answer where there is one."""

    method: str
    base: str  # an address, or nothing where the file has none
    path: str
    query: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    body: object = None  # a JSON document, or a form's fields
    form: bool = False
    status: int = 0
    answer: object = None  # a JSON document
    answer_headers: tuple[tuple[str, str], ...] = ()
    name: str = ""  # by which somebody calls it
    bearer: bool = False


def service_of(exchanges: Sequence[Exchange], notes: Iterable[str] = (), keys: Iterable[str] = ()) -> Service:
    """All of them at the address that most of them went to; `keys` are headers known to hold a key."""
    bases = Counter(each.base for each in exchanges)
    base = max(bases, key=lambda found: (bases[found], bool(found)), default="")
    here = list(_singly(each for each in exchanges if each.base in (base, "")))
    told = _Told(here)
    grouped: dict[str, list[Exchange]] = {}
    paths: dict[str, str] = {}
    for each in here:
        path = holed(each.path, told.names)
        asked = document_in(each.body) if each.method == "POST" else None
        shape = f"{each.method} {shape_of(path)}{f'#{asked.name}' if asked else ''}"
        if is_path(path) and (shape in grouped or len(grouped) < _MOST_SHAPES):
            grouped.setdefault(shape, []).append(each)
            paths.setdefault(shape, path)
    token = told.token(here)
    found_keys = dict.fromkeys([*keys, *(name for each in here for name, _ in each.headers if _KEY_HEADER.search(name))])
    said = list(notes)
    if others := [found for found in bases if found not in (base, "")]:
        said.append(f"asked besides, at other addresses, and left out: {', '.join(others[:_MOST_NOTED])}")
    said += [f"{shape} was sent with different fields; where it stands for several operations, write each" for shape in _mixed(grouped)]
    if token and token.header.lower() != "authorization":
        found_keys.pop(token.header, None)
    known = frozenset([*found_keys, token.header] if token else found_keys)
    operations = tuple(_published(paths[shape], found, told, token, known) for shape, found in grouped.items())
    return Service(
        base,
        operations,
        bearer=any(each.bearer for each in here) or (token is not None and token.sent_as == BEARER),
        key_headers=tuple(name for name in found_keys if is_header(name)),
        sent_back=token.sent_as if token else "",
        about_base="" if base else UNNAMED,
        notes=tuple(clipped(sentence, 400) for sentence in said),
        recorded=True,
    )


def _singly(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """Each by itself, where GraphQL was asked in a batch."""
    for each in exchanges:
        asked, told = each.body, each.answer if isinstance(each.answer, list) else []
        if not isinstance(asked, list) or not asked or any(document_in(one) is None for one in asked):
            yield each
            continue
        for number, one in enumerate(asked[:_MOST_SHAPES]):
            yield replace(each, body=one, answer=told[number] if number < len(told) else None)


@dataclass(frozen=True, slots=True)
class _Token:
    """Where a token is told, and in which header it goes back."""

    by: Exchange
    place: str
    header: str
    sent_as: str


class _Told:
    """Values of the recording, by which what is no word is known."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        """Looks at all bodies."""
        self.names: dict[str, str] = {}  # value: the last name of a field that has it
        found = (pair for each in exchanges for tree in (each.body, each.answer) for pair in _leaves(tree))
        for place, value in islice(found, _MOST_VALUES):
            name = place.rpartition(".")[2]
            if len(value) >= _LEAST_VALUE and (value not in self.names or self.names[value].lower() in _GENERIC):
                self.names[value] = name

    def is_name(self, name: str) -> bool:
        """Whether it names a field, as far as can be seen: no number, and nothing that stands as a value elsewhere."""
        return _NAME.fullmatch(name) is not None and not _DIGITS.search(name) and (name not in self.names or name.isalpha())

    def token(self, exchanges: Sequence[Exchange]) -> _Token | None:
        """The first header that carries back what an answer before it has told."""
        told: dict[str, tuple[Exchange, str]] = {}
        for each in exchanges:
            for name, value in each.headers:
                bare = _SCHEMES.sub("", value)
                if bare in told and is_header(name) and name.lower() not in _USUAL - {"authorization"}:
                    scheme = "Bearer " if value[: len(value) - len(bare)].strip().lower() == "bearer" else ""
                    header = "Authorization" if name.lower() == "authorization" else name
                    return _Token(*told[bare], header, f"{header}: {scheme}{{token}}")
            for place, value in islice(_leaves(each.answer), _MOST_VALUES):
                if len(value) >= _LEAST_TOKEN and all(self.is_name(step) for step in place.split(".")):
                    told.setdefault(value, (each, f"$.{place}"))
            for name, value in each.answer_headers:
                if len(value) >= _LEAST_TOKEN and is_header(name):
                    told.setdefault(_SCHEMES.sub("", value), (each, f"header.{name}"))
        return None


def _published(path: str, found: Sequence[Exchange], told: _Told, token: _Token | None, known: frozenset[str]) -> Published:
    asked = document_in(found[0].body) if found[0].method == "POST" else None
    names = " ".join([*(each.name for each in found), asked.words if asked else ""])
    form = any(each.form for each in found)
    bodies = [mapping(each.body).get("variables") if asked else each.body for each in found]
    body = few(name for tree in bodies for name in _fields(tree, told, form=form))
    top = [{name for name in tree if isinstance(name, str) and told.is_name(name)} for tree in bodies if isinstance(tree, dict)]
    required = tuple(sorted(set.intersection(*top))) if top else ()
    if asked and asked.query:
        body = few(iter([*(name for name in body if name.partition(".")[0] in asked.declared), *_unsaid(asked.declared, body)]))
    answer = few(name for each in found if each.status in _OK for name in _fields(each.answer, told))
    headers = dict.fromkeys(name for each in found for name, _ in each.headers if is_header(name) and name.lower() not in _USUAL)
    own = tuple(name for name in headers if name not in known and not name.lower().startswith("sec-") and told.is_name(name))
    query = few(name for each in found for name in each.query if told.is_name(name))
    place = token.place if token and token.by in found else ""
    words = words_of(f"{path} {names}")
    graph = (asked.name, asked.query, asked.reads) if asked else ("", "", False)
    return Published(found[0].method, path, words, body, required, form, own, answer, query, place, *graph)


def _unsaid(declared: Iterable[str], body: Sequence[str]) -> Iterator[str]:
    """Variables that a document declares and nobody has given."""
    given = {name.partition(".")[0] for name in body}
    yield from (name for name in declared if name not in given)


def _mixed(grouped: Mapping[str, Sequence[Exchange]]) -> Iterator[str]:
    for shape, found in islice(grouped.items(), _MOST_SHAPES):
        if len({frozenset(each.body) for each in found if isinstance(each.body, dict) and each.body}) > 1:
            yield shape


def holed(path: str, values: Mapping[str, str] = MappingProxyType({})) -> str:
    """The path with a hole for each part that may be a value, named by the field that has told it or by the part before it."""
    done: list[str] = []
    for part in path.split("/"):
        if not part or (part.startswith("{") and part.endswith("}")):
            done.append(part)
            continue
        before = next((word for word in reversed(done) if word and not word.startswith("{")), "")
        if _is_ours(part) or (_is_word(part) and part not in values and not (before.lower() in _PEOPLE and before == done[-1])):
            done.append(part)
        else:
            done.append(f"{{{_hole(values.get(part, ''), before)}}}")
    return "/".join(done)


def _hole(told: str, before: str) -> str:
    if told and told.lower() not in _GENERIC and _NAME.fullmatch(told):
        return told
    one = re.sub(r"\W.*", "", before)
    one = f"{one[:-3]}y" if one.endswith("ies") else one[:-1] if one.endswith("s") and not one.endswith("ss") else one
    return f"{one}Id" if one else "id"


def _is_word(part: str) -> bool:
    """Whether it reads as one: letters of few humps, as nothing that was made by chance does."""
    letters = sum(char.isalpha() for char in part)
    return _WORD.fullmatch(part) is not None and 4 * len(_HUMPS.findall(part[1:])) <= max(letters, 4)


def _is_ours(part: str) -> bool:
    """Whether it is said of operations so often that it is nobody's value."""
    return _is_word(part) and bool(words_of(part) & _SAID)


def is_plain(path: str) -> bool:
    """Whether all of its parts read as words."""
    return all(_is_word(part) for part in path.split("/") if part)


def _fields(tree: object, told: _Told, prefix: str = "", depth: int = 0, *, form: bool = False) -> Iterator[str]:
    """Names of the fields that are no objects, with dots."""
    for name, inner in tree.items() if isinstance(tree, dict) else ():
        if not isinstance(name, str) or not (all(map(told.is_name, name.split("."))) if form else told.is_name(name)):
            continue
        if isinstance(inner, dict) and inner and depth < MOST_DEPTH:
            yield from _fields(inner, told, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}"


def _leaves(tree: object, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Texts and numbers in a document, each with its place; of lists the first members."""
    if isinstance(tree, dict) and depth <= MOST_DEPTH:
        for name, inner in tree.items():
            yield from _leaves(inner, f"{prefix}.{name}" if prefix else str(name), depth + 1)
    elif isinstance(tree, list) and depth <= MOST_DEPTH:
        for inner in tree[:100]:
            yield from _leaves(inner, f"{prefix}[0]", depth + 1)
    elif isinstance(tree, str | int) and not isinstance(tree, bool):
        yield prefix, str(tree)
