"""What can be read of an answer: in JSON by value and from the end, in a text by a pattern, named cookies, fields of a form."""

import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.errors import BadInput
from scenarios.target.json_paths import walk, walk_steps
from scenarios.target.patterns import compile_pattern
from scenarios.target.predicates import compile_predicate
from scenarios.target.responses import Response, compile_path, compile_paths
from scenarios.target.row_fields import field_getter
from scenarios.wire.answer_head import Head

DOCUMENT = {
    "code": "E0017",
    "msg": "库存不足: no stock",
    "tags": ["a", "VIP", 7, True],
    "list": [{"k": {"id": 1}, "code": "A1", "v": "one"}, {"k": {"id": 2}, "code": "B|2", "v": "two"}, {"code": "A1", "v": "three"}],
    "when": "2026-11-11 20:00:00",
    "at": 1794398400,
}
PAGE = """<html><form><INPUT TYPE=hidden name='_csrf' value="a&amp;b&#39;c"><input name=other value=x disabled>
<input type="hidden" name="empty"></form><script>var token = "0af93c";</script></html>"""
HEAD = b'HTTP/1.1 200 OK\r\nSet-Cookie: sid=first; Path=/\r\nset-cookie: JSESSIONID="s3ss"; HttpOnly\r\nSet-Cookie: sid=last\r\n\r\n'


def answer(body: bytes) -> Response:
    """An answer with three cookies."""
    return Response.of(Head(HEAD, 200), body)


JSON, HTML = answer(orjson.dumps(DOCUMENT)), answer(PAGE.encode())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.list[-1].v", "three"),
        ("$.list[-3].v", "one"),
        ("$.list[-4].v", None),
        ("$.list[?@.code=='A1'].v", "one"),
        ("$.list[?(@.code == 'B|2')].v", "two"),
        ('$.list[?@.code=="B|2"].k.id', 2),
        ("$.list[?@.k.id==2].v|str", "two"),
        ("$.list[?@.code=='C'].v", None),
        ("$.code|match(^E0{0,9}([1-9][0-9]{0,3})$)|int", 17),
        ("$.msg|match(no (stock|funds))", "stock"),
        ("$.msg|match(nothing)", None),
        ("$.when|time(yyyy-MM-dd HH:mm:ss, +08:00)", 1794398400000),
        ("$.at|s", 1794398400000),
        ("cookie.JSESSIONID", "s3ss"),
        ("cookie.sid", "last"),
        ("cookie.si", None),
    ],
)
def test_a_path_leads_to_one_value(path: str, value: object) -> None:
    """By itself, and beside others."""
    assert compile_path(path)(JSON) == value
    assert compile_paths({"it": path, "code": "$.code"})(JSON) == {"it": value, "code": "E0017"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("field._csrf", "a&b'c"),
        ("field.other", "x"),
        ("field.empty", ""),
        ("field.none", None),
        ('text|match(token = "([0-9a-f]{1,64})")', "0af93c"),
        ("$.code", None),
    ],
)
def test_a_page_of_html_tells_its_fields_and_texts(path: str, value: object) -> None:
    """Where there is no JSON at all."""
    assert compile_path(path)(HTML) == value


@pytest.mark.parametrize(
    ("predicate", "holds"),
    [
        ("$.msg contains '库存'", True),
        ("$.msg contains 'stock' and not $.msg contains 'funds'", True),
        ("$.tags contains 'VIP'", True),
        ("$.tags contains 'VI'", False),
        ("$.tags contains 7", True),
        ("$.tags contains 1", False),
        ("$.at contains 1", False),
        ("$.code matches '^E[0-9]{4}$'", True),
        ("$.code matches 'e'", False),
        ("$.at matches '1'", False),
        ("$.list[-1].code == 'A1' and $.list[?@.code=='B|2'].k.id == 2", True),
        ("exists cookie.sid and text contains 'stock'", True),
        ("exists field._csrf", False),
    ],
)
def test_a_predicate_of_a_text_or_a_list(predicate: str, holds: bool) -> None:  # noqa: FBT001 - what it says
    """By its kind: a text contains a text, a list a member of the same kind."""
    assert compile_predicate(predicate)(JSON) is holds


def test_rows_are_read_so_too() -> None:
    """Their fields."""
    row = DOCUMENT | {"x": "'"}
    assert field_getter("$.when|time(yyyy-MM-dd HH:mm:ss, Asia/Shanghai)")(row) == 1794398400000
    assert field_getter("$.list[?@.code=='A1'].v")(row) == "one"
    assert field_getter("'claim.submit'")(row) == "claim.submit"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("$.a[?@.b]", "is not a path from '[?@.b]' on; allowed: $.name.name[0], [-1] from the end, [?@.code=='A1'] by a value"),
        ("$.a[--1]", "is not a path"),
        ("cookie.", "is not a path; allowed: http, header.Name, cookie.NAME, field.NAME, text, $.name"),
        ("body", "is not a path"),
        ("$.a|shout", "unknown converter 'shout' in '$.a|shout'; allowed: fen, int, s, str, time("),
        ("$.a|time(yyyyMMdd)", "unknown converter"),
        ("$.a|time(yyyyMMdd, Mars)", "'Mars' is no zone"),
        ("$.a|match([a-)", "is no pattern"),
        ("$.a|match((a)(b))", "more than one group"),
    ],
)
def test_a_path_that_cannot_be_is_refused(path: str, says: str) -> None:
    """With what is allowed."""
    with pytest.raises(BadInput) as refused:
        compile_path(path)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "source",
    [
        "(a+)+$",
        "a*a*a*b",
        "(a|aa){1,9}b",
        "a?a?a?a?aaaa",
        "[a-z]{1,50}[0-9a-f]{1,50}x",
        r"(\w)\1",
        "(?=a)a",
        "x{1,2000}",
        ".{0,9}b",
        "é{1,9}ü",
    ],
)
def test_a_pattern_that_may_take_too_long_is_refused(source: str) -> None:
    """Whatever would go back over the same characters."""
    with pytest.raises(BadInput, match="may take too long for"):
        compile_pattern(source)


@pytest.mark.parametrize("source", ["[0-9a-f]{1,64}", "^E[0-9]{4}$", r"id=(\d{1,9});", "<b>([^<]{1,200})</b>", "(?:yes|no) a?b", "a{3}a"])
def test_a_pattern_that_is_told_without_going_back_is_taken(source: str) -> None:
    """And is Python's own."""
    assert compile_pattern(source).pattern == source


def test_the_time_of_a_pattern_is_in_proportion_to_the_text() -> None:
    """CPU time on ten times the text; without bounds it would be a hundred times or more."""
    pattern = compile_pattern("a{1,1000}b")

    def cost_s(length: int) -> float:
        text, least = "a" * length, 1e9
        for _ in range(5):
            began = time.process_time()
            assert pattern.search(text) is None
            least = min(least, time.process_time() - began)
        return least

    cost_s(1000)
    assert cost_s(40_000) < 40 * cost_s(4_000) + 0.01


@given(
    st.recursive(
        st.none() | st.integers(0, 3) | st.text(max_size=2),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    )
)
def test_a_walk_never_raises(document: object) -> None:
    """Whatever the answer is."""
    for path in ("$.a[-1].b", "$[?@.a==1].b", "$[?@.a.b=='x'][0]", "$.a[?@.b==null]"):
        walk(document, walk_steps(path, path[1:]))
