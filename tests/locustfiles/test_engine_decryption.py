"""Encrypted answers are opened by the user's own cipher, for the crowd and the control plane alike, before anything is read in them."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest
from one_codec_lab import answering_in, by_control_plane, by_crowd

from scenarios.errors import EXIT_USAGE, BadInput
from scenarios.own_code import ALLOW_CODE_VARIABLE
from scenarios.plugins import load_target
from scenarios.run.outcomes import Outcome
from scenarios.run.records import answer_digest
from scenarios.target.model import Target
from scenarios.target.operation_codec import Answer, compile_target
from scenarios.target.request_encoder import KEY
from scenarios.target.secrets import crowd_environment, crowd_secrets

KEY_TEXT = "canary-answers-key-17"
STATICS = {"secret.ANSWERS_KEY": KEY_TEXT}
CIPHER = """
from base64 import b64decode


def opened(text: bytes, key: bytes) -> str:
    data = b64decode(text, validate=True)
    return bytes(byte ^ key[at % len(key)] for at, byte in enumerate(data)).decode()


def odd(text: bytes, key: bytes) -> int:
    return 7
"""
OK, BAD = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 502 Bad Gateway\r\n"
DOCUMENT = {"code": "OK", "id": "e-1", "no": 12345678901234567890123456789012, "phone": "199"}


def sealed(text: str | bytes) -> str:
    """As the service sends it."""
    data, key = text.encode() if isinstance(text, str) else text, KEY_TEXT.encode()
    return b64encode(bytes(byte ^ key[at % len(key)] for at, byte in enumerate(data))).decode()


def said(document: object) -> bytes:
    """JSON, with numbers of any length."""
    return orjson.dumps(document).replace(b'"12345678901234567890123456789012"', b"12345678901234567890123456789012")


SECRET = said({**DOCUMENT, "no": str(DOCUMENT["no"])}).decode()


def answer(body: bytes, head: bytes = OK) -> bytes:
    """An answer of that body."""
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own with the cipher, and code allowed."""
    (tmp_path / "bank_cipher.py").write_text(CIPHER)
    monkeypatch.setenv("STORMDRILL_PATH", str(tmp_path))
    monkeypatch.setenv(ALLOW_CODE_VARIABLE, "1")
    return tmp_path


def target(base: str, decrypt: Mapping[str, object], inner: str = "$") -> Target:
    """A claim at a service whose answers are encrypted."""
    return Target.model_validate(
        {
            "name": "shop",
            "describe": "d",
            "secrets": ["ANSWERS_KEY"],
            "services": {"s": {"base": base, "decrypt": {"cipher": "bank_cipher:opened", "secret": "ANSWERS_KEY", **decrypt}}},
            "operations": {
                "claim.submit": {
                    "service": "s", "method": "POST", "path": "/claim", "body": {}, "authorised": False,
                    "effect": {"business": "{customer}", "id": f"{inner}.id"},
                    "extract": {"no": f"{inner}.no", "phone": f"{inner}.phone"},
                    "outcome": {"success": f"{inner}.code == 'OK'", "refusal": f"{inner}.code == 'GONE'"},
                },
            },
        }
    )  # fmt: skip


def both(raw: bytes, decrypt: Mapping[str, object], inner: str = "$") -> Answer:
    """What crowd and control plane make of an answer, which must be the same."""
    with answering_in(lambda _path, _asked: (raw,)) as server:
        to = target(server.base, decrypt, inner)
        codec = compile_target(to, STATICS)["claim.submit"]
        crowd = by_crowd(codec, ({KEY: "k"}, {"customer": 1}))
        control, _ = by_control_plane(to, codec, {KEY: "k", "customer": 1}, STATICS)
    assert crowd == [control]
    return control


@pytest.mark.parametrize(
    ("body", "decrypt", "inner"),
    [
        (sealed(SECRET).encode(), {}, "$"),
        (f'"{sealed(SECRET)}"\r\n'.encode(), {}, "$"),
        (orjson.dumps({"data": sealed(SECRET)}), {"at": ["$.data"]}, "$.data"),
        (orjson.dumps({"r": [{"data": sealed(SECRET)}]}), {"at": ["$.r.data", "$.none"]}, "$.r[-1].data"),
        (SECRET.replace('"199"', f'"{sealed("199")}"').encode(), {"at": ["$.phone"]}, "$"),
        (SECRET.encode(), {}, "$"),  # said in plain, as errors of a gateway are
    ],
    ids=["whole", "whole-in-quotes", "by-field", "in-lists", "one-text", "plain"],
)
def test_an_encrypted_answer_is_read_as_if_it_were_plain(body: bytes, decrypt: dict[str, object], inner: str) -> None:
    """Its outcome, its effect and what it tells, digit for digit."""
    found = both(answer(body), decrypt, inner)
    assert found.outcome is Outcome.SUCCESS
    assert found.digest == answer_digest("e-1")
    assert found.extracted == {"no": str(DOCUMENT["no"]), "phone": "199"}


@pytest.mark.parametrize(
    ("body", "decrypt", "cause"),
    [
        (b"not base64 at all!", {}, "cannot be decrypted at the body: Error"),
        (b'{"data": "?"}', {"at": ["$.data"]}, r"cannot be decrypted at $.data: Error"),
        (b'"%b"' % sealed(SECRET).encode(), {"cipher": "bank_cipher:odd"}, "cannot be decrypted at the body: TypeError"),
    ],
)
def test_what_cannot_be_decrypted_is_unknown(body: bytes, decrypt: dict[str, object], cause: str) -> None:
    """Of something that has an effect, with its cause, in which nothing of the answer or the key stands; a status says what it says."""
    found = both(answer(body), decrypt)
    assert found.outcome is Outcome.UNKNOWN
    assert found.cause == f"HTTP 200 that cannot be read: {cause}"
    assert both(answer(b"<html>", BAD), decrypt).cause.startswith("HTTP 502")


def test_load_processes_have_the_key_that_opens_answers() -> None:
    """Though no request carries it."""
    to = target("http://127.0.0.1:1", {})
    assert crowd_secrets(to) == ["ANSWERS_KEY"]
    assert crowd_environment(to, {"ANSWERS_KEY": KEY_TEXT}) == {"ANSWERS_KEY": KEY_TEXT}


def file(own: Path, decrypt: str) -> str:
    """A target's file that says so in its seventh line."""
    path = own / "shop.yaml"
    head = "name: shop\ndescribe: d\nsecrets: [ANSWERS_KEY]\nservices:\n  s:\n    base: http://127.0.0.1:1\n"
    path.write_text(f"{head}    decrypt: {decrypt}\noperations: {{}}\n")
    return str(path)


@pytest.mark.parametrize(
    ("decrypt", "says"),
    [
        ("{cipher: 'bank_cipher:opened', secret: NO_KEY}", "'NO_KEY' is none of the declared secrets: ANSWERS_KEY"),
        ("{cipher: 'bank_cipher:gone', secret: ANSWERS_KEY}", "has no function 'gone'"),
        ("{cipher: 'os:system', secret: ANSWERS_KEY}", "there is no os.py for a cipher in a folder of --path"),
        ("{cipher: bank-hsm, secret: ANSWERS_KEY}", "the cipher 'bank-hsm' is not installed"),
        ("{cipher: 'a b', secret: ANSWERS_KEY}", "cipher"),
        ("{secret: ANSWERS_KEY}", "cipher"),
        ("{cipher: 'bank_cipher:opened', secret: ANSWERS_KEY, at: $.data}", "'$.data' is no list"),
        ("{cipher: 'bank_cipher:opened', secret: ANSWERS_KEY, at: [data]}", "'data' is no field of a document; allowed:"),
        ("{cipher: 'bank_cipher:opened', secret: ANSWERS_KEY, at: ['$.list[0]']}", "is no field of a document; allowed:"),
        ("{cipher: 'bank_cipher:opened', secret: ANSWERS_KEY, where: [$.data]}", "where"),
    ],
)
def test_a_decryption_that_cannot_be_is_refused(own: Path, decrypt: str, says: str) -> None:
    """With file and line, before any request."""
    with pytest.raises(BadInput) as refused:
        load_target(file(own, decrypt))
    assert says in str(refused.value)
    assert refused.value.exit_code == EXIT_USAGE
    assert refused.value.line in (3, 7), str(refused.value)


def test_decrypting_is_code_which_has_to_be_allowed(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the file is refused at its line."""
    monkeypatch.delenv(ALLOW_CODE_VARIABLE)
    with pytest.raises(BadInput, match=r"shop\.yaml:7: the cipher 'bank_cipher:opened' is code; allow it with: stormdrill --allow-code"):
        load_target(file(own, "{cipher: 'bank_cipher:opened', secret: ANSWERS_KEY}"))
