"""Signatures, keys in bodies, foreign words, amounts and pages: what a target's file may say of a service of another shape."""

import hashlib
import hmac
import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.client.http import HttpClient, Unreachable
from scenarios.client.paging import ReadBackFailed
from scenarios.client.readback_capture import Patience, Reading, capture, read_table
from scenarios.errors import BadInput
from scenarios.run.records import answer_digest
from scenarios.target.model import Signature, Target
from scenarios.target.operation_codec import OperationCodec, compile_target
from scenarios.target.readback import ReadBack, Source
from scenarios.target.responses import Response, compile_path
from scenarios.target.secrets import redacted, redacted_values, secret_scope, shapes
from scenarios.target.signing import Signer
from scenarios.target.templates import TextTemplate
from scenarios.wire.request_bytes import request_to

SECRET = {"secret.KEY": "k3y-k3y"}
HEADERS = {"X-Sign": "{signature}", "X-Time": "{timestamp}", "X-Nonce": "{nonce}", "X-App": "app-7"}
SIGNATURE = Signature(algorithm="hmac-sha256", secret="KEY", headers=HEADERS)  # noqa: S106 - the name of one


def added(signer: Signer, method: str, path: str, body: bytes) -> dict[str, str]:
    """The headers that a signer adds to a request of nothing else."""
    head = signer.sign_bytes(f"{method} {path} HTTP/1.1\r\n\r\n".encode() + body).partition(b"\r\n\r\n")[0]
    return dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])


def test_the_signature_is_over_the_text_that_the_file_spells() -> None:
    """Method, path with its query, time, nonce and body, each on a line: the default; checked by hand."""
    found = added(Signer(SIGNATURE, SECRET), "POST", "/a?b=1", b'{"x":1}')
    text = f'POST\n/a?b=1\n{found["X-Time"]}\n{found["X-Nonce"]}\n{{"x":1}}'
    assert found["X-Sign"] == hmac.new(b"k3y-k3y", text.encode(), hashlib.sha256).hexdigest()
    assert found["X-App"] == "app-7"
    assert abs(int(found["X-Time"]) - time.time() * 1000) < 60_000


def test_sm3_base64_and_seconds() -> None:
    """The other ways; the digest of "abc" is that of GB/T 32905, so it is SM3 and nothing else."""
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("the OpenSSL of this Python has no sm3")
    assert hashlib.new("sm3", b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    sm3 = Signature(algorithm="hmac-sm3", secret="KEY", text="{body}", encoding="base64", timestamp="s", headers=HEADERS)  # noqa: S106 - as above
    found = added(Signer(sm3, SECRET), "GET", "/", b"abc")
    assert found["X-Sign"] == b64encode(hmac.digest(b"k3y-k3y", b"abc", "sm3")).decode()
    assert abs(int(found["X-Time"]) - time.time()) < 60


@given(body=st.binary(max_size=200), path=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30))
def test_a_sealed_request_is_the_same_request_with_the_headers_added(body: bytes, path: str) -> None:
    """Whatever its body, which may look like anything: nothing else changes, and the signature verifies."""
    request = b"POST /%b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)
    sealed = Signer(SIGNATURE, SECRET).sign_bytes(request)
    head, _, rest = sealed.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    added = dict(line.split(b": ", 1) for line in lines[1:5])
    assert b"\r\n".join([lines[0], *lines[5:]]) + b"\r\n\r\n" + rest == request
    text = b"\n".join([b"POST", b"/" + path.encode(), added[b"X-Time"], added[b"X-Nonce"], body])
    assert added[b"X-Sign"].decode() == hmac.new(b"k3y-k3y", text, hashlib.sha256).hexdigest()


def test_no_nonce_comes_twice() -> None:
    """Neither in one process nor in two, which start from random places."""
    signers = [Signer(SIGNATURE, SECRET) for _ in range(4)]
    nonces = [added(signer, "GET", "/", b"")["X-Nonce"] for signer in signers for _ in range(500)]
    assert len(set(nonces)) == 2000


def test_a_secret_that_is_not_there_is_named() -> None:
    """Before anything is sent."""
    with pytest.raises(BadInput, match="signed with the secret KEY, which is not set"):
        Signer(SIGNATURE, {})


def claim(idempotency: dict[str, object], body: object, **more: object) -> OperationCodec:
    """A claim of a target that carries its key so."""
    target = Target.model_validate(
        {
            "name": "t",
            "describe": "d",
            "services": {"s": {"base": "http://127.0.0.1:1"}},
            "idempotency": {"header": None, **idempotency},
            "operations": {
                "claim.submit": {"service": "s", "method": "POST", "path": "/é?q={sku}", "body": body, "effect": {"business": "b"}, **more}
            },
            "words": {"state": {"3": "GRANTED", "WAIT": "PENDING"}},
        }
    )
    return compile_target(target, {})["claim.submit"]


def test_the_key_travels_in_the_body() -> None:
    """As a field of it, or anywhere in it; without a key the field is left out, or empty."""
    scope = {"token": "t", "sku": "s 1"}
    field = claim({"body_field": "bizNo"}, {"a": 1})
    assert json.loads(field.request({**scope, "key": "k"}).body or b"") == {"bizNo": "k", "a": 1}
    assert json.loads(field.request(scope).body or b"") == {"a": 1}
    assert json.loads(claim({"body_field": "bizNo"}, {}).request({**scope, "key": "k"}).body or b"") == {"bizNo": "k"}
    deep = claim({}, {"head": {"seq": "R-{key}"}})
    assert json.loads(deep.request({**scope, "key": "k"}).body or b"") == {"head": {"seq": "R-k"}}
    assert json.loads(deep.request(scope).body or b"") == {"head": {"seq": "R-"}}
    assert field.request(scope).url == "http://127.0.0.1:1/%C3%A9?q=s%201"
    assert "key" not in deep.placeholders


@pytest.mark.parametrize("body", [None, [1], "text"])
def test_a_body_that_cannot_carry_the_key_is_refused(body: object) -> None:
    """With what it must be."""
    with pytest.raises(BadInput, match="its key is the body's field 'bizNo', so the body must be a JSON object"):
        claim({"body_field": "bizNo"}, body)


def test_foreign_words_become_ours() -> None:
    """Those that are listed, numbers too; others stay."""
    codec = claim({}, {}, extract={"state": "$.st"})
    states = [codec.decode(Response(200, {}, json.dumps({"st": said}).encode())).extracted["state"] for said in ("WAIT", 3, "ELSE", None)]
    assert states == ["PENDING", "GRANTED", "ELSE", None]


@pytest.mark.parametrize(("path", "named"), [("$.data.st", "WAIT"), ("$.data.ref", "e-1")])
def test_an_effect_is_named_as_the_service_names_it(path: str, named: str) -> None:
    """Also where the customer is told the same, and in our words."""
    codec = claim({}, {}, extract={"state": "$.data.st", "ref": "$.data.ref"}, effect={"business": "b", "id": path})
    answer = codec.decode(Response(200, {}, b'{"data":{"st":"WAIT","ref":"e-1"}}'))
    assert answer.extracted == {"state": "PENDING", "ref": "e-1"}
    assert answer.digest == answer_digest(named)


@given(st.integers(-(10**15), 10**15))
def test_yuan_and_fen_are_each_others_inverse(fen: int) -> None:
    """To the fen, below zero too."""
    yuan = TextTemplate.of("{x|yuan}").render({"x": fen})
    assert compile_path("$.a|fen")(Response(200, {}, json.dumps({"a": yuan}).encode())) == fen


@given(
    st.one_of(
        st.text(),
        st.floats(),
        st.integers(),
        st.booleans(),
        st.none(),
        st.sampled_from(["1e999999999", "NaN", "-Infinity", "0.001", "1,000.00"]),
    )
)
def test_no_answer_breaks_a_converter(value: object) -> None:
    """What is no amount counts as none."""
    response = Response(200, {}, json.dumps({"a": value}).encode())
    assert compile_path("$.a|fen")(response) is None or isinstance(compile_path("$.a|fen")(response), int)
    assert compile_path("$.a|int")(response) is None or isinstance(compile_path("$.a|int")(response), int)


def test_half_a_fen_is_no_amount() -> None:
    """It is not cut to one that looks right."""
    assert compile_path("$.a|fen")(Response(200, {}, b'{"a": "12.345"}')) is None


def test_times_go_out_as_milliseconds() -> None:
    """For services that know no ISO-8601."""
    assert TextTemplate.of("{t|epoch_ms}").render({"t": "1970-01-01T08:00:01.500+08:00"}) == "1500"


SHY = Target.model_validate(
    {"name": "shy", "describe": "d", "services": {"s": {"base": "http://h"}}, "secrets": ["SHY_SECRET"], "operations": {}}
)


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=8, max_size=20), st.text(max_size=20))
def test_a_secret_is_taken_out_of_texts_and_json_alike(secret: str, around: str) -> None:
    """Also where JSON or a URL has changed its shape."""
    environment = {"SHY_SECRET": secret}
    assert (
        secret not in redacted(f"{around}{secret}{around}", SHY, environment).replace("[redacted]", "\0") or secret in f"{around}{around}"
    )
    assert json.dumps(secret)[1:-1] not in redacted(json.dumps({"x": secret}), SHY, environment).replace("[redacted]", "\0")


def test_a_secret_that_is_too_short_to_be_redacted_is_refused() -> None:
    """It would stand in every second line; by its name, and not by its value."""
    with pytest.raises(BadInput, match="the secret SHY_SECRET of target shy is too short to be redacted; allowed: 8 characters or more"):
        secret_scope(SHY, {"SHY_SECRET": "20000.0"})
    assert secret_scope(SHY, {"SHY_SECRET": "20000.00"})


def test_a_row_stays_a_row_whatever_the_secret() -> None:
    """Texts lose it, also in lists; numbers and names are none."""
    row = {"amount_fen": 200000001, "20000000": "k-20000000-1", "more": ["20000000", 1.5, None, True]}
    assert redacted_values(row, shapes(SHY, {"SHY_SECRET": "20000000"})) == {
        "amount_fen": 200000001,
        "20000000": "k-[redacted]-1",
        "more": ["[redacted]", 1.5, None, True],
    }


class _Pages(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Three pages of two rows, counted from 1; the fourth is an error in an HTTP 200; one drips."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        page = asked["page"]
        more = {"z": "2026-11-11T10:00:00+08:00", "naive": "2026-11-11T10:00:00", "big": 2**63, "small": 2**63 - 1, "bigger": 10**40}
        rows = [{"n": str(page * 10 + row), "t": "1500", "act": row, "text": str(10**40), **more} for row in range(2)]
        answer = {"code": "OK" if page < asked["bad"] else "BUSY", "rows": rows, "more": page < 3}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        """An answer that never ends."""
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(200):
                self.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    """A service whose read-back has pages by number."""
    server = HTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def source(pages: str, bad: int, field: str = "$.t|int") -> tuple[Target, Source]:
    """A table of it, and the target."""
    table = Source.model_validate(
        {
            "role": "audit",
            "service": "s",
            "method": "POST",
            "path": "/books",
            "body": {"page": "{page}", "bad": bad},
            "expect": "$.code == 'OK'",
            "rows": "$.rows",
            "next": "$.more",
            "where": {"$.act": [1]},
            "fields": {"n": "$.n|int", "at_ms": field},
        }
    )
    return Target.model_validate({"name": "p", "describe": "d", "services": {"s": {"base": pages}}, "operations": {}}), table


def test_pages_are_asked_for_by_number_in_a_body(pages: str) -> None:
    """Until there is no more; times that are milliseconds in a text are numbers."""
    target, table = source(pages, 9)
    with HttpClient(target, {}, {}) as client:
        assert list(read_table(Reading(client, target, table, {}, time.monotonic() + 20, Patience(0)))) == [
            {"n": n, "at_ms": 1500} for n in (11, 21, 31)
        ]


def test_an_error_inside_a_200_is_no_page(pages: str) -> None:
    """The read-back is not whole, and says why; so for a time that is none."""
    target, table = source(pages, 2)
    with HttpClient(target, {}, {}) as client, pytest.raises(ReadBackFailed, match="BUSY"):
        list(read_table(Reading(client, target, table, {}, time.monotonic() + 20, Patience(0))))
    target, table = source(pages, 9, "$.t")
    with HttpClient(target, {}, {}) as client, pytest.raises(ReadBackFailed, match=r"add \|int"):
        list(read_table(Reading(client, target, table, {}, time.monotonic() + 20, Patience(0))))


@pytest.mark.parametrize(("field", "milliseconds"), [("$.z", 1_794_362_400_000), ("$.naive", None)])
def test_a_time_without_a_zone_is_refused_by_its_fields_name(pages: str, field: str, milliseconds: int | None) -> None:
    """Else the zone of the machine that asks would decide between in time and too late."""
    target, table = source(pages, 9, field)
    with HttpClient(target, {}, {}) as client:
        rows = read_table(Reading(client, target, table, {}, time.monotonic() + 20, Patience(0)))
        if milliseconds is not None:
            assert next(rows)["at_ms"] == milliseconds
        else:
            with pytest.raises(ReadBackFailed, match=r"a row's at_ms is '2026-11-11T10:00:00', a time without a zone; allowed: one with"):
                next(rows)


@pytest.mark.parametrize(
    ("field", "value"),
    [("$.small", 2**63 - 1), ("$.big", str(2**63)), ("$.bigger", str(10**40)), ("$.text|int", str(10**40)), ("$.text", str(10**40))],
)
def test_numbers_beyond_64_bits_stay_what_they_are(pages: str, tmp_path: Path, field: str, value: object) -> None:
    """As text, to the last digit; and they can be written down."""
    target, table = source(pages, 9, "$.t|int")
    table = table.model_copy(update={"fields": {**table.fields, "id": field}})
    readback = ReadBack(tables={"books": table})
    tables = capture(target.model_copy(update={"readback": readback}), {}, tmp_path)
    assert tables["books"].complete, tables["books"].reason
    assert [json.loads(line)["id"] for line in (tmp_path / "books.jsonl").read_text().splitlines()] == [value] * 3


def test_an_answer_that_drips_ends_at_its_deadline(pages: str) -> None:
    """Each byte comes in time, the whole never does."""
    target, _ = source(pages, 9)
    began = time.monotonic()
    with HttpClient(target, {}, {}) as client, pytest.raises(Unreachable, match="goes on for more than"):
        client.send(request_to("GET", f"{pages}/drip", {}, None), 0.5)
    assert time.monotonic() - began < 5
