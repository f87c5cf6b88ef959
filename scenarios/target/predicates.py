"""Predicates over an answer: a closed grammar, compiled once to closures. Nothing in them can run code.

    predicate  := conjunction ("or" conjunction)*
    conjunction:= term ("and" term)*
    term       := "not" term | "(" predicate ")" | "exists" path | path comparison
    comparison := ("==" | "!=" | "<" | "<=" | ">" | ">=") literal | ["not"] "in" "[" literal ("," literal)* "]"
                | "contains" literal | "matches" text
    path       := "http" | "$.name.name[0]" | "header.Name" | "cookie.NAME" | "field.NAME" | "text"
    literal    := number | 'text' | "text" | true | false | null

A comparison by size with something that is no number is false. A text contains a text, a list one of its members; a pattern matches
anywhere in a text, in a time in proportion to it.
"""

import re
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.patterns import compile_pattern
from scenarios.target.responses import Getter, Response, compile_path, compile_size

Predicate = Callable[[Response], bool]
Literal = int | float | str | bool | None

_TOKEN = re.compile(
    r"\s*(?:(?P<path>\$(?:[\w.-]|\[(?:'[^']*'|\"[^\"]*\"|[^\]'\"])*\])*|(?:header|cookie|field)\.[\w-]+|http\b|text\b)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>-?\d{1,18}(?:\.\d{1,18})?)(?!\d)"
    r"|(?P<op>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)|(?P<word>[A-Za-z]+))"
)
_SIZES: dict[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_WORDS: dict[str, Literal] = {"true": True, "false": False, "null": None}
MOST_DEPTH = 20
_SHOWN = 30
ALLOWED = (
    "http, header.Name, cookie.NAME, field.NAME, text, $.path; ==, !=, <, <=, >, >=, in [...], exists, contains, matches; not, and, or, ()"
)


def compile_predicate(source: str) -> Predicate:
    """A function of the answer.

    Raises:
        BadInput: the source is not of the grammar; says where and what is allowed.
    """
    parser = _Parser(source)
    predicate = parser.predicate()
    parser.end()
    return predicate


class _Parser:
    """Recursive descent over the tokens of one predicate."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = self._split(source)
        self._at = 0
        self._depth = 0
        self._last_path = ""

    def _split(self, source: str) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        position = 0
        end = len(source.rstrip())
        while position < end:
            token = _TOKEN.match(source, position)
            if token is None:
                rest = clipped(source[position:].strip(), _SHOWN)
                raise BadInput(f"predicate {clipped(source)!r} is not understood at {rest!r}; allowed: {ALLOWED}")
            tokens.append((token.lastgroup or "", token[token.lastgroup or 0]))
            position = token.end()
        return tokens

    def _fail(self) -> BadInput:
        rest = self._tokens[self._at][1] if self._at < len(self._tokens) else "its end"
        return BadInput(f"predicate {clipped(self._source)!r} is not understood at {clipped(rest, _SHOWN)!r}; allowed: {ALLOWED}")

    def _peek(self, *texts: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at][0] != "text" and self._tokens[self._at][1] in texts

    def _accept(self, *texts: str) -> str | None:
        if not self._peek(*texts):
            return None
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _expect(self, *texts: str) -> None:
        if self._accept(*texts) is None:
            raise self._fail()

    def end(self) -> None:
        """Nothing may follow."""
        if self._at < len(self._tokens):
            raise self._fail()

    def predicate(self) -> Predicate:
        terms = [self._conjunction()]
        while self._accept("or"):
            terms.append(self._conjunction())
        return terms[0] if len(terms) == 1 else lambda response: any(term(response) for term in terms)

    def _conjunction(self) -> Predicate:
        terms = [self._term()]
        while self._accept("and"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda response: all(term(response) for term in terms)

    def _term(self) -> Predicate:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise BadInput(f"predicate {clipped(self._source)!r} nests more than {MOST_DEPTH} levels deep")
        term = self._nested()
        self._depth -= 1
        return term

    def _nested(self) -> Predicate:
        if self._accept("not"):
            inner = self._term()
            return lambda response: not inner(response)
        if self._accept("("):
            inner = self.predicate()
            self._expect(")")
            return inner
        if self._accept("exists"):
            get = self._path()
            return lambda response: get(response) is not None
        return self._comparison(self._path())

    def _path(self) -> Getter:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != "path":
            raise self._fail()
        self._at += 1
        self._last_path = self._tokens[self._at - 1][1]
        return compile_size(self._last_path)

    def _comparison(self, size: Getter) -> Predicate:
        path = self._last_path
        if self._accept("not"):
            self._expect("in")
            among = self._list()
            get = _getter(size, path, among)
            return lambda response: get(response) not in among
        if self._accept("in"):
            among = self._list()
            get = _getter(size, path, among)
            return lambda response: get(response) in among
        if self._accept("contains"):
            return _contains(compile_path(path), self._literal())
        if self._accept("matches"):
            return _matches(compile_path(path), self._literal())
        sign = self._accept("==", "!=", *_SIZES)
        if sign is None:
            raise self._fail()
        literal = self._literal()
        if sign in _SIZES:
            return _by_size(size, _SIZES[sign], literal)
        same, get = eq if sign == "==" else ne, _getter(size, path, (literal,))
        return lambda response: bool(same(get(response), literal))

    def _list(self) -> tuple[Literal, ...]:
        self._expect("[")
        found = [self._literal()]
        while self._accept(","):
            found.append(self._literal())
        self._expect("]")
        return tuple(found)

    def _literal(self) -> Literal:
        if self._at >= len(self._tokens):
            raise self._fail()
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "word" and text in _WORDS:
            return _WORDS[text]
        self._at -= 1
        raise self._fail()


def _getter(size: Getter, path: str, among: tuple[Literal, ...]) -> Getter:
    """What is compared with these: to the last digit, unless they are words, which no number equals however exactly it is read."""
    words = all(isinstance(literal, str) and not any(char.isdigit() for char in literal) for literal in among)
    return size if words else compile_path(path)


def _contains(get: Getter, literal: Literal) -> Predicate:
    def contains(response: Response) -> bool:
        value = get(response)
        if isinstance(value, str):
            return isinstance(literal, str) and literal in value
        return isinstance(value, list) and any(type(member) is type(literal) and member == literal for member in value)

    return contains


def _matches(get: Getter, literal: Literal) -> Predicate:
    if not isinstance(literal, str):
        raise BadInput(f"{literal!r} is no pattern; allowed behind matches: a pattern in quotes")
    pattern = compile_pattern(literal)

    def matches(response: Response) -> bool:
        value = get(response)
        return isinstance(value, str) and pattern.search(value) is not None

    return matches


def _by_size(get: Getter, compare: Callable[[float, float], bool], literal: Literal) -> Predicate:
    if not isinstance(literal, (int, float)):
        raise BadInput(f"{literal!r} has no size; allowed behind <, <=, >, >=: a number")

    def compared(response: Response) -> bool:
        value = get(response)
        return isinstance(value, (int, float)) and compare(value, literal)

    return compared
