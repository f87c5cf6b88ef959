"""Predicates over an answer: a closed grammar, compiled once to closures. Nothing in them can run code.

    predicate  := conjunction ("or" conjunction)*
    conjunction:= term ("and" term)*
    term       := "not" term | "(" predicate ")" | "exists" path | path comparison
    comparison := ("==" | "!=" | "<" | "<=" | ">" | ">=") literal | ["not"] "in" "[" literal ("," literal)* "]"
    path       := "http" | "$.name.name[0]" | "header.Name"
    literal    := number | 'text' | "text" | true | false | null

A comparison by size with something that is no number is false.
"""

import re
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.responses import Getter, Response, compile_path

Predicate = Callable[[Response], bool]
Literal = int | float | str | bool | None

_TOKEN = re.compile(
    r"\s*(?:(?P<path>\$[\w.\[\]-]*|header\.[\w-]+|http\b)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>-?\d{1,18}(?:\.\d{1,18})?)(?!\d)"
    r"|(?P<op>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)|(?P<word>[A-Za-z]+))"
)
_SIZES: dict[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_WORDS: dict[str, Literal] = {"true": True, "false": False, "null": None}
MOST_DEPTH = 20
_SHOWN = 30
ALLOWED = "http, $.path, header.Name, ==, !=, <, <=, >, >=, in [...], not, and, or, exists, parentheses"


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
        return compile_path(self._tokens[self._at - 1][1])

    def _comparison(self, get: Getter) -> Predicate:
        if self._accept("not"):
            self._expect("in")
            among = self._list()
            return lambda response: get(response) not in among
        if self._accept("in"):
            among = self._list()
            return lambda response: get(response) in among
        sign = self._accept("==", "!=", *_SIZES)
        if sign is None:
            raise self._fail()
        literal = self._literal()
        if sign in _SIZES:
            return _by_size(get, _SIZES[sign], literal)
        same = eq if sign == "==" else ne
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


def _by_size(get: Getter, compare: Callable[[float, float], bool], literal: Literal) -> Predicate:
    if not isinstance(literal, (int, float)):
        raise BadInput(f"{literal!r} has no size; allowed behind <, <=, >, >=: a number")

    def compared(response: Response) -> bool:
        value = get(response)
        return isinstance(value, (int, float)) and compare(value, literal)

    return compared
