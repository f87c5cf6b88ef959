"""Requests as bytes say what the target's mapping says, and answers are understood as it understands them."""

import httptools
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from locustfiles.engine.effect_texts import EffectTexts
from scenarios.target.model import Target
from scenarios.target.operation_codec import OperationCodec, compile_target
from scenarios.target.request_encoder import KEY
from scenarios.target.response_decoder import ResponseDecoder
from scenarios.target.responses import Response
from scenarios.wire.answer_head import Head, Headers

TARGET = Target.model_validate(
    {
        "name": "shaped",
        "describe": "all kinds of placeholders",
        "services": {"all": {"base": "http://host.example:8080/prefix"}},
        "headers": {"X-Who": "{who}"},
        "idempotency": {"header": "X-Key"},
        "site": "header.X-Site",
        "outcome": {
            "success": "http in [200, 201] and $.code == 'OK'",
            "refusal": "$.code == 'NO'",
            "shed": "http == 503 and exists header.Retry-After",
        },
        "operations": {
            "read": {"service": "all", "path": "/things/{who}/all?x=1"},
            "fixed": {
                "service": "all",
                "method": "POST",
                "path": "/fixed",
                "authorised": False,
                "headers": {"X-Who": "me"},
                "body": {"percent": "100 %"},
            },
            "effect": {
                "service": "all",
                "method": "POST",
                "path": "/things",
                "body": {"number": "{number}", "text": "a {who} b", "list": [1, {"deep": "{number|yuan}"}]},
                "effect": {"business": "{who}:{number}", "amount": "{number}", "id": "$.data.id", "shown": "$.data.fen"},
                "extract": {"told": "$.data.told"},
            },
        },
    }
)
CODECS = compile_target(TARGET, {})
TEXTS = some.text(min_size=1, max_size=20)
UUID = "01234567-89ab-8def-8123-456789abcdef"


class _Parsed:
    """What an HTTP parser makes of a request."""

    def __init__(self, data: bytes) -> None:
        self.headers: dict[str, str] = {}
        self.body, self.url, self.whole = b"", b"", False
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(data)
        self.method = parser.get_method().decode()

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_header(self, name: bytes, value: bytes) -> None:
        assert name.decode() not in self.headers
        self.headers[name.decode()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.whole = True


@given(who=TEXTS, number=some.integers(0, 10**12), keyed=some.booleans())
def test_an_effects_bytes_are_one_whole_request_with_the_mappings_values(who: str, number: int, keyed: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever stands in the placeholders: body and length fit, the key is there or not, and no value makes a header of its own."""
    args: dict[str, object] = {"who": who, "number": number} | ({KEY: UUID} if keyed else {})
    data = CODECS["effect"].encoder.encode(args, {"token": "t"})
    parsed = _Parsed(data)
    assert parsed.whole
    assert parsed.method == "POST"
    assert orjson.loads(parsed.body) == {
        "number": number,
        "text": f"a {who} b",
        "list": [1, {"deep": f"{number // 100}.{number % 100:02d}"}],
    }
    assert set(parsed.headers) == {
        "Host",
        "User-Agent",
        "Accept",
        "X-Pressure-Test",
        "X-Who",
        "Authorization",
        "Content-Type",
        "Content-Length",
    } | ({"X-Key"} if keyed else set())
    assert parsed.headers.get("X-Key", UUID) == UUID
    assert parsed.headers["Host"] == "host.example:8080"


@given(who=TEXTS)
def test_a_paths_values_are_quoted(who: str) -> None:
    """They stay one part of the path's text, and there is no body."""
    parsed = _Parsed(CODECS["read"].encoder.encode({}, {"who": who, "token": "t"}))
    assert parsed.whole
    assert parsed.body == b""
    assert parsed.url.startswith(b"/prefix/things/")
    assert parsed.url.endswith(b"/all?x=1")
    assert b" " not in parsed.url


def test_what_has_no_placeholders_is_the_same_object_each_time() -> None:
    """Nothing is put together twice."""
    fixed = CODECS["fixed"].encoder
    assert fixed.encode({}, {}) is fixed.encode({}, {})
    assert orjson.loads(_Parsed(fixed.encode({}, {})).body) == {"percent": "100 %"}


def test_what_nobody_knows_is_named() -> None:
    """A KeyError with the placeholder's name."""
    with pytest.raises(KeyError, match="number"):
        CODECS["effect"].encoder.encode({"who": "x"}, {"token": "t"})


def test_business_key_and_amount_come_from_the_same_values() -> None:
    """As the target's effect spells them."""
    encoder = EffectTexts(CODECS["effect"])
    assert encoder.business({"who": "a", "number": 5}, {}) == b"a:5"
    assert encoder.amount is not None
    assert encoder.amount({"who": "a", "number": 5}, {}) == 5
    assert EffectTexts(CODECS["read"]).amount is None


BODIES = some.sampled_from(
    [
        b"",
        b"{",
        b"[]",
        b'{"code":"OK"}',
        b'{"code":"NO"}',
        b'{"code":"OK","data":{"id":"e1","fen":7,"told":"x"}}',
        b'{"code":"OK","data":[1]}',
        b"7",
    ]
)


@given(some.sampled_from([200, 201, 204, 400, 409, 422, 429, 500, 503]), some.booleans(), BODIES, some.sampled_from(["read", "effect"]))
def test_the_fast_decoder_understands_what_the_mapping_understands(status: int, retry: bool, body: bytes, name: str) -> None:  # noqa: FBT001 - drawn
    """For every status, header and body: the same answer by the fast way as by the plain one, also the second time."""
    head = f"HTTP/1.1 {status} X\r\nX-Site: B\r\n{'Retry-After: 2' if retry else 'X-Nothing: 1'}\r\n\r\n".encode()
    codec: OperationCodec = CODECS[name]
    expected = codec.decode(Response(status, {"x-site": "B", "retry-after" if retry else "x-nothing": "2"}, body))
    decoder = ResponseDecoder(codec)
    for _ in range(2):
        assert decoder.decode(Head(head[:-2], status, len(body)), head + body, len(head)) == expected


def test_headers_are_found_by_any_spelling_and_each_of_several() -> None:
    """By lower-case names; several of one name are never joined."""
    headers = Headers(b"HTTP/1.1 200 OK\r\nx-sITE:  B \r\nSet-Cookie: a=1, b\r\nOther: 1\r\nset-cookie: c=2\r\n")
    assert headers["x-site"] == "B"
    assert "x-late" not in headers
    assert dict(headers) == {"x-site": "B", "set-cookie": "a=1, b", "other": "1"}
    assert headers.every("set-cookie") == ["a=1, b", "c=2"]
