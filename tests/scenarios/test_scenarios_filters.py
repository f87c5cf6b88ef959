"""Filters change a value on its way out, in a chain; times are written and read by a pattern and a zone."""

import hashlib
import hmac
import os

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.errors import BadInput
from scenarios.target import digests
from scenarios.target.digests import hmac_hex, pure_sm3, sm3_hex
from scenarios.target.templates import JsonTemplate, TextTemplate
from scenarios.target.times import TimePattern

SCOPE: dict[str, object] = {
    "name": "Ünï 网银",
    "fen": 123456,
    "yuan": "12.34",
    "no": 77,
    "at": "2026-11-11T20:00:00.250+08:00",
    "ms": 1794398400250,
    "secret.KEY": "a-signing-key",
}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{no|pad_left(6, 0)}", "000077"),
        ("{no|pad_right(6)}.", "77    ."),
        ("{name|upper}", "ÜNÏ 网银"),
        ("{name|lower|first(3)}", "ünï"),
        ("{fen|yuan}", "1234.56"),
        ("{yuan|fen}", "1234"),
        ("{no|md5|upper}", "28DD2C7955CE926456240B2FF0100BDE"),
        ("{no|sha256|last(8)}", hashlib.sha256(b"77").hexdigest()[-8:]),
        ("{name|base64}", "w5xuw68g572R6ZO2"),
        ("{at|time(yyyyMMddHHmmss, +08:00)}", "20261111200000"),
        ("{at|time(yyyy-MM-dd HH:mm:ss.SSS, UTC)}", "2026-11-11 12:00:00.250"),
        ("{ms|time(yyyyMMdd, Asia/Shanghai)}", "20261111"),
        ("{at|ms}/{at|s}/{at|epoch_ms}", "1794398400250/1794398400/1794398400250"),
        ("{no|hmac_sha256(KEY)}", hmac.new(b"a-signing-key", b"77", "sha256").hexdigest()),
        ("{{{no}}}", "{77}"),
    ],
)
def test_a_chain_of_filters_makes_one_value(text: str, made: str) -> None:
    """At once, and where only its secrets are known beforehand."""
    template = TextTemplate.of(text)
    assert template.render(SCOPE) == made
    bound = template.bind({"secret.KEY": SCOPE["secret.KEY"]})
    assert "secret.KEY" not in bound.placeholders
    assert bound.render({name: value for name, value in SCOPE.items() if name != "secret.KEY"}) == made


def test_a_filtered_value_keeps_its_type_in_json() -> None:
    """A number stays one."""
    template = JsonTemplate.of({"fen": "{yuan|fen}", "s": "{at|s}", "no": "n{no|pad_left(3, 0)}"})
    assert orjson.loads(template.render(SCOPE)) == {"fen": 1234, "s": 1794398400, "no": "n077"}
    assert orjson.loads(template.bind(SCOPE).render({})) == {"fen": 1234, "s": 1794398400, "no": "n077"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{no|shout}", "unknown filter 'shout'; allowed: base64, "),
        ("{no|pad_left}", "unknown filter 'pad_left'; allowed: "),
        ("{no|pad_left(²)}", "'²' is no length; allowed: 1 to 4000"),
        ("{no|pad_left(x)}", "'x' is no length; allowed: 1 to 4000"),
        ("{no|pad_left(3, ab)}", "'ab' is no single character to fill with"),
        ("{no|upper(3)}", "unknown filter 'upper(3)'"),
        ("{at|time(yyyyMMdd)}", "unknown filter 'time(yyyyMMdd)'"),
        ("{at|time(yyyyMMdd, Mars)}", "'Mars' is no zone; allowed: an offset such as +08:00"),
        ("{at|time(yymmdd, UTC)}", "'yymmdd' is no pattern of times; allowed: yyyy, MM, dd"),
        ("{at|time(HHmmss, UTC)}", "is no pattern of times"),
        ("{no|}", "unknown filter ''"),
        ("{no|upper", "a lone '{'"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(text: str, says: str) -> None:
    """When the file is read; says what is allowed."""
    with pytest.raises(BadInput) as refused:
        TextTemplate.of(text)
    assert says in str(refused.value)


def test_a_value_that_a_filter_cannot_take_is_one_sentence() -> None:
    """Named by its placeholder."""
    for text in ("{name|int}", "{name|fen}", "{name|ms}", "{name|time(yyyyMMdd, UTC)}"):
        with pytest.raises(BadInput, match=r"\{name\|.*\} cannot be made: "):
            TextTemplate.of(text).render(SCOPE)
    with pytest.raises(BadInput, match=r"nothing is known as \{secret.OTHER\}"):
        TextTemplate.of("{no|hmac_sm3(OTHER)}").render(SCOPE)


PATTERNS = ["yyyyMMddHHmmssSSS", "yyyy-MM-dd HH:mm:ss.SSS", "dd/MM/yyyy HH:mm:ss,SSS", "yyyy-MM-ddTHH:mm:ss.SSSZ"]


@given(st.integers(0, 4_102_444_799_999), st.sampled_from(PATTERNS), st.sampled_from(["+08:00", "UTC", "-03:30", "Asia/Shanghai"]))
def test_what_a_pattern_writes_it_reads(epoch_ms: int, pattern: str, zone: str) -> None:
    """To the millisecond."""
    if zone == "Asia/Shanghai":  # had summer times until 1991, in which an hour came twice
        epoch_ms = max(epoch_ms, 700_000_000_000)
    written = TimePattern.of(pattern, zone)
    assert written.read(written.write(epoch_ms)) == epoch_ms


@pytest.mark.parametrize(
    "text", ["20261111", "2026-13-11 00:00:00", "2026-11-11T00:00:00", "", "2026-11-11 24:00:00", "２０26-11-11 00:00:00"]
)
def test_what_is_no_such_time_is_none(text: str) -> None:
    """Never another one."""
    assert TimePattern.of("yyyy-MM-dd HH:mm:ss", "+08:00").read(text) is None


def test_sm3_is_the_standards_with_openssl_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two examples of GB/T 32905, and whatever else at every length of a block."""
    assert pure_sm3(b"abc").hex() == sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert pure_sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    if not digests.HAS_SM3:
        return
    for length in (0, 55, 56, 63, 64, 65, 130):
        data = os.urandom(length)
        assert pure_sm3(data).hex() == hashlib.new("sm3", data).hexdigest()
        with monkeypatch.context() as without:
            without.setattr(digests, "HAS_SM3", False)
            pure = hmac_hex("sm3", data, data)
        assert pure == hmac.new(data, data, "sm3").hexdigest()
