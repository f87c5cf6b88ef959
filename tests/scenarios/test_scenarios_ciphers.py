"""Single fields are encrypted by code of the user's own, by its name in the target's file, and only where code is allowed."""

import hashlib
import json
from base64 import b64decode
from pathlib import Path

import pytest

from scenarios.errors import EXIT_USAGE, BadInput
from scenarios.own_code import ALLOW_CODE_VARIABLE
from scenarios.plugins import load_target
from scenarios.target.operation_codec import compile_target
from scenarios.target.request_encoder import KEY
from scenarios.target.secrets import crowd_secrets

CANARY = "canary-field-key-90ab"
FOUR_ROUNDS = '''
"""A stand-in for a block cipher: four rounds of Feistel's over blocks of 16 bytes."""

import hashlib
from base64 import b64encode


def toy(text: bytes, key: bytes) -> str:
    pad = 16 - len(text) % 16
    text += bytes([pad]) * pad
    return b64encode(b"".join(block(text[at : at + 16], key) for at in range(0, len(text), 16))).decode()


def block(data: bytes, key: bytes) -> bytes:
    left, right = data[:8], data[8:]
    for number in range(4):
        mixed = hashlib.sha256(bytes([number]) + key + right).digest()[:8]
        left, right = right, bytes(a ^ b for a, b in zip(left, mixed, strict=True))
    return left + right


def odd(text: bytes, key: bytes) -> bytes:
    return text


no_function = 1
'''


def decrypted(sent: str, key: bytes) -> bytes:
    """What the service makes of it."""
    data, text = b64decode(sent), b""
    for at in range(0, len(data), 16):
        left, right = data[at : at + 8], data[at + 8 : at + 16]
        for number in (3, 2, 1, 0):
            mixed = hashlib.sha256(bytes([number]) + key + left).digest()[:8]
            left, right = bytes(a ^ b for a, b in zip(right, mixed, strict=True)), left
        text += left + right
    return text[: -text[-1]]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own with the cipher, and code allowed."""
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "fields.py").write_text(FOUR_ROUNDS)
    (tmp_path / "raising.py").write_text("raise RuntimeError('no licence')\n")
    monkeypatch.setenv("STORMDRILL_PATH", str(tmp_path))
    monkeypatch.setenv(ALLOW_CODE_VARIABLE, "1")
    return tmp_path


def file(own: Path, chain: str) -> str:
    """A target whose claim has an encrypted field."""
    path = own / "shop.yaml"
    path.write_text(
        f"""name: shop
describe: d
services: {{s: {{base: "http://127.0.0.1:1"}}}}
secrets: [FIELD_KEY, OTHER_KEY]
operations:
  claim.submit:
    service: s
    method: POST
    path: /claim
    authorised: false
    body: {{mobile: "{{phone|{chain}}}", plain: "{{phone}}"}}
    effect: {{business: "{{customer}}"}}
"""
    )
    return str(path)


def test_a_field_is_sent_as_the_users_own_cipher_makes_it(own: Path) -> None:
    """Under the declared key, which load processes are given; what it was is known to who has the key."""
    target = load_target(file(own, "encrypt(bank.fields:toy, FIELD_KEY)|str"))
    assert crowd_secrets(target) == ["FIELD_KEY"]
    encode = compile_target(target, {"secret.FIELD_KEY": CANARY})["claim.submit"].encoder.encode
    for phone in ("19900001234", "电话 7"):
        body = json.loads(encode({KEY: "k"}, {"phone": phone}).partition(b"\r\n\r\n")[2])
        assert body["plain"] == phone
        assert decrypted(body["mobile"], CANARY.encode()).decode() == phone


@pytest.mark.parametrize(
    ("chain", "says"),
    [
        ("encrypt(bank.fields:gone, FIELD_KEY)", "fields.py: has no function 'gone' to encrypt with"),
        ("encrypt(bank.fields:no_function, FIELD_KEY)", "has no function 'no_function'"),
        ("encrypt(os:system, FIELD_KEY)", "there is no os.py for a cipher in a folder of --path"),
        ("encrypt(..bank.fields:toy, FIELD_KEY)", "for a cipher in a folder of --path"),
        ("encrypt(raising:toy, FIELD_KEY)", "raising.py: cannot be loaded: RuntimeError: no licence"),
        ("encrypt(bank-hsm, FIELD_KEY)", "the cipher 'bank-hsm' is not installed; entry points of stormdrill.ciphers: none"),
        (
            "encrypt(bank.fields:toy, NO_KEY)",
            "a filter is keyed with 'NO_KEY', which is none of the declared secrets: FIELD_KEY, OTHER_KEY",
        ),
        ("encrypt(bank.fields:toy)", "unknown filter"),
    ],
)
def test_a_cipher_that_is_not_there_is_refused(own: Path, chain: str, says: str) -> None:
    """With file and line, before anything is sent; a module of anybody else's is never looked at."""
    with pytest.raises(BadInput) as refused:
        load_target(file(own, chain))
    assert says in str(refused.value)
    assert refused.value.exit_code == EXIT_USAGE
    assert refused.value.line


def test_a_cipher_is_code_which_has_to_be_allowed(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is loaded otherwise."""
    monkeypatch.delenv(ALLOW_CODE_VARIABLE)
    with pytest.raises(BadInput, match=r"shop\.yaml:6: the cipher 'raising:toy' is code; allow it with: stormdrill --allow-code"):
        load_target(file(own, "encrypt(raising:toy, FIELD_KEY)"))


def test_what_a_cipher_gives_is_a_text(own: Path) -> None:
    """Else the request cannot be made, and says why."""
    target = load_target(file(own, "encrypt(bank.fields:odd, FIELD_KEY)"))
    encode = compile_target(target, {"secret.FIELD_KEY": CANARY})["claim.submit"].encoder.encode
    with pytest.raises(TypeError, match=r"the cipher 'bank\.fields:odd' gives bytes; allowed: a text"):
        encode({KEY: "k"}, {"phone": "1"})
