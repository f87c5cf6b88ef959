"""The small languages of the files: gates, predicates, paths, templates."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.errors import BadInput
from scenarios.plan.gates import MEASURES, SubjectKind, parse_gate
from scenarios.target.predicates import compile_predicate
from scenarios.target.responses import Response, compile_path
from scenarios.target.templates import JsonTemplate, TextTemplate

REPLY = Response(
    200,
    {"x-token": "abc", "retry-after": "1"},
    orjson.dumps({"code": "OK", "data": {"n": 3, "amount": "12.30", "list": [{"id": 7}], "no": None, "yes": True}}),
)


@pytest.mark.parametrize(
    ("line", "measure", "subject", "limit", "phase", "abort"),
    [
        ("p99 of claim.submit <= 1 s in peak", "p99", "claim.submit", 1000, "peak", None),
        ("p99.9 <= 300 ms", "p99.9", None, 300, None, None),
        ("service p50 of account.balance < 2 min", "service p50", "account.balance", 120_000, None, None),
        ("failure ratio <= 0.1 % abort after 10 s", "failure ratio", None, 0.001, None, 10),
        ("peak tps >= 50/s in sale", "peak tps", None, 50, "sale", None),
        ("rto of primary-kill <= 10 s", "rto", "primary-kill", 10, None, None),
        ("rpo of primary-kill == 0", "rpo", "primary-kill", 0, None, None),
        ("rpo fen of x == 1 yuan", "rpo fen", "x", 100, None, None),
    ],
)
def test_a_gate_says_what_it_limits(
    line: str, measure: str, subject: str | None, limit: float, phase: str | None, abort: float | None
) -> None:
    """Each part of the line is understood, and its limit kept in the measure's own unit."""
    gate = parse_gate(line)
    assert (gate.measure, gate.subject, gate.limit, gate.phase, gate.abort_after_s) == (measure, subject, limit, phase, abort)
    assert parse_gate(gate.text) == gate


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("fast please", "the form is"),
        ("p98 <= 1 s", "names the measure 'p98'; allowed: p50"),
        ("p99 <= 1 fen", "has the unit 'fen'; allowed for p99: us, ms, s, min"),
        ("p99 <= 1", "has the unit 'none'; allowed"),
        ("rto <= 3 s", "names no drill"),
        ("rto of x <= 3 s in peak", "has its own time"),
        ("p99 <= -1 s", "the form is"),
    ],
)
def test_a_gate_that_is_wrong_is_told_what_is_allowed(line: str, says: str) -> None:
    """One sentence, with what is allowed."""
    with pytest.raises(BadInput, match=says) as error:
        parse_gate(line)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("rpo of x == 0.5", "'rpo of x == 0.5' can never hold: the figure is a whole number of operations, 0 or more"),
        ("rpo of x < 0", "can never hold"),
        ("duplicates of x >= 0", "can never fail: the figure is a whole number"),
        ("flaps of x == 1.5 times", "can never hold: the figure is a whole number of times"),
        ("half-open probes of x == 0.25", "can never hold"),
        ("rpo fen of x == 0.001 yuan", "can never hold"),
        ("goodput ratio <= 100 %", r"can never fail: a share is 0 to 1 \(100 %\)"),
        ("goodput ratio > 1", "can never hold"),
        ("goodput ratio >= 95", "can never hold: a share is 0 to 1"),  # per cent was meant
        ("error ratio <= 5", "can never fail"),
        ("error ratio < 1.01", "can never fail"),
        ("error ratio == 101 %", "can never hold"),
        ("success ratio >= 0 %", "can never fail"),
        ("hysteresis of x <= 10", "can never fail"),
        ("success while paused of x >= 60", "can never hold"),
        ("least site share of x > 100 %", "can never hold"),
        ("p99 < 0 ms", "can never hold: the figure is 0 or more"),
        ("tps >= 0/s", "can never fail"),
        ("rto of x < 0 s", "can never hold"),
        ("retry amplification of x >= 0", "can never fail"),
    ],
)
def test_a_gate_whose_outcome_is_known_beforehand_is_refused(line: str, says: str) -> None:
    """One that nothing can break proves nothing, and one that nothing can keep has a slip in it."""
    with pytest.raises(BadInput, match=says):
        parse_gate(line)


@pytest.mark.parametrize(
    "line",
    ["rpo of x == 0", "rpo of x <= 0.5", "rpo of x > 0", "rpo fen of x == 0.5 yuan", "goodput ratio >= 1", "goodput ratio == 100 %",
     "goodput ratio < 1", "error ratio <= 0", "error ratio == 0.5", "p99 <= 0.5 ms", "p99 == 0 ms", "retry amplification of x <= 1.3"],
)  # fmt: skip
def test_a_gate_at_the_edge_of_what_can_be_is_taken(line: str) -> None:
    """Nothing at all, everything, and what is no whole number where there need be none."""
    assert parse_gate(line).text == line


@given(
    measure=st.sampled_from(sorted(MEASURES)),
    sign=st.sampled_from(["<=", ">=", "<", ">", "=="]),
    limit=st.integers(1, 10**6),
    phased=st.booleans(),
)
def test_every_gate_that_can_be_written_can_be_read(measure: str, sign: str, limit: int, *, phased: bool) -> None:
    """All measures, all signs, any limit that the figure can be above and below."""
    drill = MEASURES[measure].kind is SubjectKind.DRILL
    unit = MEASURES[measure].unit
    if not unit:
        unit, limit = "%", 1 + limit % 99
    phase = " in peak" if phased and not drill else ""
    gate = parse_gate(f"{measure} of a.b {sign} {limit} {unit}{phase}")
    limit = limit / 100 if unit == "%" else limit
    assert gate.measure == measure
    assert gate.limit == limit
    assert gate.holds(limit) is (sign in ("<=", ">=", "=="))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("http == 200", True),
        ("http in [500, 503]", False),
        ("http not in [500, 503] and $.code == 'OK'", True),
        ('$.code in ["A", "OK"]', True),
        ("$.data.n > 2 and $.data.n <= 3", True),
        ("$.data.amount > 2", False),
        ("$.data.list[0].id == 7", True),
        ("$.data.list[1].id == 7", False),
        ("exists $.data.no", False),
        ("not exists $.data.no and exists header.Retry-After", True),
        ("header.X-Token == 'abc'", True),
        ("$.data.yes == true and $.data.no == null", True),
        ("http == 500 or (http == 200 and not $.code == 'BAD')", True),
        ("$.code == 'in' or $.code == 'or'", False),
    ],
)
def test_predicates_answer(source: str, *, expected: bool) -> None:
    """Each form of the grammar."""
    assert compile_predicate(source)(REPLY) is expected


@pytest.mark.parametrize(
    "source",
    ["", "http", "http ==", "http == x", "__import__('os')", "http == 200 and", "(http == 200", "http in []", "http in 200", "$..a == 1",
     "http == 200 http == 200", "$.a < 'text'", "exists 5", "$.a == 1; 2"],
)  # fmt: skip
def test_a_predicate_outside_the_grammar_is_refused(source: str) -> None:
    """With what is allowed, and never run."""
    with pytest.raises(BadInput, match="allowed"):
        compile_predicate(source)


@given(st.text(alphabet="http$.ab[]0123 =<>!'\"()andornotinexists,", max_size=40))
def test_no_text_crashes_the_compiler_of_predicates(source: str) -> None:
    """A predicate, or a sentence."""
    try:
        compile_predicate(source)(REPLY)
    except BadInput:
        return


@given(st.binary(max_size=60))
def test_no_body_crashes_a_predicate(body: bytes) -> None:
    """Whatever a service answers."""
    assert compile_predicate("$.a.b[3].c == 1 or $.code in ['x']")(Response(200, {}, body)) in (True, False)


def test_paths_convert() -> None:
    """Yuan in texts become fen, numbers in texts become numbers, nonsense becomes none."""
    assert compile_path("$.data.amount|fen")(REPLY) == 1230
    assert compile_path("$.data.n|str")(REPLY) == "3"
    assert compile_path("$.code|int")(REPLY) is None
    assert compile_path("$.code|fen")(REPLY) is None
    with pytest.raises(BadInput, match="unknown converter"):
        compile_path("$.a|yen")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(alphabet=st.characters(exclude_characters="{}", codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="abc", max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(json_values)
def test_a_body_without_placeholders_is_itself(tree: object) -> None:
    """Compiling changes nothing."""
    assert orjson.loads(JsonTemplate.of(tree).render({})) == tree  # type: ignore[arg-type]  # hypothesis cannot say Json


@given(text=st.text(alphabet=st.characters(codec="utf-8")), number=st.integers(), early=st.booleans())
def test_placeholders_keep_types_and_never_break_the_document(text: str, number: int, *, early: bool) -> None:
    """A lone placeholder keeps its value's type; a placeholder inside a text is quoted with it; binding early or late gives the same."""
    number %= 2**53
    body = JsonTemplate.of({"a": "{text}", "b": "{number}", "c": "<{text}|{number}>", "d": ["{{x}}"]})
    assert body.placeholders == {"text", "number"}
    if early:
        body = body.bind({"text": text})
    rendered = orjson.loads(body.render({"text": text, "number": number}))
    assert rendered == {"a": text, "b": number, "c": f"<{text}|{number}>", "d": ["{x}"]}


def test_templates_render_bind_and_filter() -> None:
    """The forms of a template."""
    text = TextTemplate.of("/v1/{activity}/x?y={amount|yuan}")
    assert text.placeholders == {"activity", "amount"}
    assert text.render({"activity": "flash", "amount": 1205}) == "/v1/flash/x?y=12.05"
    assert text.bind({"activity": "flash"}).placeholders == {"amount"}
    with pytest.raises(BadInput, match=r"nothing is known as \{amount\}; known here: activity"):
        text.render({"activity": 1})


@pytest.mark.parametrize("text", ["{", "a}b", "{a|yen}", "{1}"])
def test_a_template_that_is_wrong_is_refused(text: str) -> None:
    """With its offender."""
    with pytest.raises(BadInput):
        TextTemplate.of(text)
