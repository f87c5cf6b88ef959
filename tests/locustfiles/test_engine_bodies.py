"""Bodies of every kind, what is new in each request, and signatures inside: sent to a real server, which understands them by itself."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from answering import JsonAnswers, answering

from scenarios.client.http import HttpClient
from scenarios.errors import BadInput
from scenarios.plan.yaml_loading import load_yaml
from scenarios.target.model import Target
from scenarios.target.operation_codec import KEY, compile_target, render_request
from scenarios.target.request_template import RequestTemplate

SIGNED_BY = "a-signing-key"
STATICS: dict[str, object] = {"secret.PAY_KEY": SIGNED_BY}
AWKWARD = "张三 & 100% <b>+\"'\\"


class Ear(JsonAnswers):
    """Keeps what it hears, as it came."""

    heard: ClassVar[list[tuple[str, str, bytes]]] = []

    def post(self) -> None:
        """Any request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, str(self.headers), body))
        self.say(200, {})


@pytest.fixture(scope="module")
def ear() -> Iterator[str]:
    """Its address."""
    with answering(Ear) as base:
        yield base


def plan(base: str, request: dict[str, object], **more: object) -> dict[str, object]:
    """A target with one effectful operation."""
    operation = {"service": "s", "method": "POST", "path": "/pay", "authorised": False, "effect": {"business": "b"}, **request}
    plain = {"name": "t", "describe": "t", "services": {"s": {"base": base}}, "secrets": ["PAY_KEY"], "operations": {"pay": operation}}
    return plain | more


def heard(base: str, request: dict[str, object], scope: dict[str, object] | None = None, **more: object) -> tuple[str, str, bytes]:
    """What the server hears of a request: the crowd's bytes and the control plane's, which are the same but for what is new in each."""
    target = Target.model_validate(plan(base, request, **more))
    known = {"name": AWKWARD, "fen": 1234, KEY: "key-1", **(scope or {})}
    codec = compile_target(target, STATICS)["pay"]
    assert codec.placeholders <= known.keys() - {KEY}, codec.placeholders
    Ear.heard.clear()
    with HttpClient(target, STATICS, {}) as client:
        client.send(codec.request(known), 5)
        client.send(
            render_request(
                RequestTemplate.model_validate({"service": "s", "method": "POST", "path": "/pay", **request}), target, STATICS | known
            ),
            5,
        )
    (path, head, body), (_, _, control) = Ear.heard
    crowd = codec.encoder.encode(known, {})
    if not any(hole in repr(request) for hole in ("nonce", "timestamp", "serial", "digits", "signature")):
        assert crowd.partition(b"\r\n\r\n")[2] == body
        assert {**more} or control == body
    assert int(crowd.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]) == len(crowd.partition(b"\r\n\r\n")[2])
    return path, head, body


PLAIN: dict[str, object] = {"idempotency": {"header": "X-Key"}}


def test_a_form_is_what_a_browser_sends(ear: str) -> None:
    """Names and values quoted, its key a field of it where the file says so."""
    request = {"form": {"name": "{name}", "名": "x", "amt": "{fen|yuan}", "both": "a{fen}&b={name}"}}
    _, head, body = heard(ear, request, **PLAIN)
    assert "Content-Type: application/x-www-form-urlencoded\n" in head
    found = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
    assert found == {"name": AWKWARD, "名": "x", "amt": "12.34", "both": f"a1234&b={AWKWARD}"}
    codec = compile_target(Target.model_validate(plan(ear, request, idempotency={"header": None, "body_field": "bizNo"})), STATICS)["pay"]
    assert codec.encoder.encode({KEY: "k-1", "name": "n", "fen": 1}, {}).partition(b"\r\n\r\n")[2].startswith(b"bizNo=k-1&name=n&")
    assert b"bizNo" not in codec.encoder.encode({"name": "n", "fen": 1}, {})


def test_a_form_in_another_character_set(ear: str) -> None:
    """As the content type names it."""
    kind = "application/x-www-form-urlencoded; charset=GBK"
    _, head, body = heard(ear, {"form": {"name": "{name}"}, "content_type": kind}, **PLAIN)
    assert f"Content-Type: {kind}\n" in head
    assert parse_qs(body.decode(), encoding="gbk")["name"] == [AWKWARD]


def test_parts_are_parts(ear: str) -> None:
    """As a form with a file would send them."""
    _, head, body = heard(ear, {"multipart": {"name": "{name}", "amt": "{fen}"}}, **PLAIN)
    kind = next(line for line in head.splitlines() if line.startswith("Content-Type: "))
    message = BytesParser().parsebytes(f"{kind}\r\n\r\n".encode() + body)
    parts = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in message.get_payload()}  # type: ignore[union-attr]  # parts
    assert parts == {"name": AWKWARD.encode(), "amt": b"1234"}


def test_xml_is_a_text(ear: str) -> None:
    """In its own character set, values escaped where the file says so."""
    text = '<?xml version="1.0" encoding="GBK"?><pay><name>{name|xml}</name><amt>{fen|yuan}</amt></pay>'
    _, head, body = heard(ear, {"text": text, "content_type": "application/xml; charset=GBK"}, **PLAIN)
    assert "Content-Type: application/xml; charset=GBK\n" in head
    tree = ET.fromstring(body.decode("gbk").partition("?>")[2])  # noqa: S314 - our own
    assert (tree.findtext("name"), tree.findtext("amt")) == (AWKWARD, "12.34")


def test_json_in_another_character_set(ear: str) -> None:
    """Texts of it, and those that the file spells."""
    request = {"body": {"name": "{name}", "名": "又{fen}"}, "content_type": "application/json; charset=GBK"}
    _, _, body = heard(ear, request, **PLAIN)
    assert json.loads(body.decode("gbk")) == {"name": AWKWARD, "名": "又1234"}


def test_what_is_new_in_each_request(ear: str) -> None:
    """One nonce and one time in one request wherever they stand; another in the next; typed and written as their places want it."""
    body = {
        "nonce": "{nonce}",
        "at": "{timestamp}",
        "time": "{timestamp|time(yyyyMMddHHmmss, +08:00)}",
        "no": "S{serial|last(20)}",
        "code": "{digits|first(6)}",
        "text": "{timestamp|str}",
    }
    request = {"path": "/pay?t={timestamp|time(yyyy-MM-dd HH:mm:ss, UTC)}&n={nonce}", "headers": {"X-Nonce": "{nonce|upper}"}, "body": body}
    path, head, first = heard(ear, request, **PLAIN)
    one = json.loads(first)
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    assert query["n"] == one["nonce"]
    assert f"X-Nonce: {one['nonce'].upper()}\n" in head
    assert isinstance(one["at"], int)
    assert one["text"] == str(one["at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", query["t"])
    assert re.fullmatch(r"\d{14}", one["time"])
    assert re.fullmatch(r"S\d{20}", one["no"])
    assert re.fullmatch(r"\d{6}", one["code"])
    two = json.loads(heard(ear, request, **PLAIN)[2])
    assert two["nonce"] != one["nonce"]
    assert two["no"] != one["no"]


SIGNING = {"secret": "PAY_KEY", "timestamp": "s"}


def test_a_signature_stands_in_a_form(ear: str) -> None:
    """Of its own fields in their order, the empty ones and itself left out, as so many gateways want it."""
    signature = {**SIGNING, "algorithm": "md5", "encoding": "hex-upper", "text": "{sorted}&key={secret.PAY_KEY}"}
    form = {"zz": "{name}", "amt": "{fen|yuan}", "nonce": "{nonce}", "none": "", "sign": "{signature}"}
    _, _, body = heard(ear, {"form": form}, signature=signature, **PLAIN)
    found = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True, keep_blank_values=True).items()}
    text = f"amt=12.34&nonce={found['nonce']}&zz={AWKWARD}&key={SIGNED_BY}"
    assert found["sign"] == hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def test_a_signature_stands_in_a_document(ear: str) -> None:
    """Its numbers as they are written; in base64, which needs quoting nowhere but in URLs."""
    signature = {**SIGNING, "algorithm": "hmac-sha256", "encoding": "base64", "text": "{sorted}"}
    body = {"b": "{fen}", "a": {"y": 1.50, "x": "又"}, "t": "{timestamp}", "yes": True, "sign": "{signature}"}
    _, _, sent = heard(ear, {"body": body}, signature=signature, **PLAIN)
    found = json.loads(sent)
    text = f'a={{"y":1.5,"x":"又"}}&b=1234&t={found["t"]}&yes=true'
    assert found["sign"] == base64.b64encode(hmac.new(SIGNED_BY.encode(), text.encode(), "sha256").digest()).decode()
    assert found["t"] < 10**10


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ("form: {a: b}, body: {}", "a request has one body, and here are body and form; allowed: one of body, form, multipart, text"),
        ("text: x, multipart: {a: b}", "here are multipart and text"),
        ("content_type: text/xml", "content_type is of a body, and there is none"),
        ("text: x, content_type: text/xml; charset=klingon", "there is no character set 'klingon'"),
        ("multipart: {a: b}, content_type: text/xml", "parts say by themselves what they are"),
        ("form: {'a\"b': c}", "is no name of a field"),
        ("form: [a]", "operations.pay.form: "),
        ("text: '{name|shout}'", "unknown filter 'shout'"),
    ],
)
def test_a_body_that_cannot_be_is_refused(tmp_path: Path, request_: str, says: str) -> None:
    """With its file and line."""
    file = tmp_path / "t.yaml"
    file.write_text(
        "name: t\ndescribe: t\nservices: {s: {base: 'http://127.0.0.1:1'}}\noperations:\n"
        f"  pay: {{service: s, path: /pay, method: POST, {request_.replace('; charset', ';charset')}}}\n"
    )
    with pytest.raises(BadInput) as refused:
        load_yaml(file, Target)
    assert str(refused.value).startswith(f"{file}:5: ")
    assert says in str(refused.value)


def test_a_signature_that_stands_nowhere_is_refused(ear: str) -> None:
    """Neither in a header nor in a body; and a key in a body that has no fields."""
    with pytest.raises(ValueError, match=r"nothing carries \{signature\}"):
        Target.model_validate(plan(ear, {"body": {}}, signature={**SIGNING, "algorithm": "md5"}))
    told = plan(ear, {"text": "x", "content_type": "text/plain"}, idempotency={"header": None, "body_field": "no"})
    with pytest.raises(BadInput, match=r"so the body must be a JSON object or a form"):
        compile_target(Target.model_validate(told), STATICS)
