"""A telephone signs for its customer; a large transfer, or one by a new telephone, waits for an answered challenge of its own."""

import hmac
from typing import Any

import pytest
from services_acts import balances
from services_world import Person, World, new_key, together

LARGE = 50_000


def bound(services: World, me: Person, device: str = "tel-1") -> str:
    """A telephone's key."""
    data: dict[str, Any] = me.ask(services.banks[0], "POST", "/bank/v1/devices", {"device": device}, new_key())[1]["data"]
    return str(data["device_key"])


def signed(key: str, text: str) -> str:
    """By that key."""
    return hmac.new(key.encode(), text.encode(), "sha256").hexdigest()


def transfer(services: World, me: Person, to: Person, key: str, fen: int = LARGE, **headers: str) -> tuple[str, Any]:
    """The code, and the data."""
    body = {"from_account": me.account, "to_account": to.account, "amount_fen": fen}
    answer = me.ask(services.banks[0], "POST", "/bank/v1/transfers", body, key, **headers)[1]
    return answer["code"], answer["data"]


def challenged(services: World, me: Person, to: Person, key: str, fen: int = LARGE) -> str:
    """The challenge that stands before a transfer."""
    code, data = transfer(services, me, to, key, fen)
    assert (code, data["state"]) == ("RISK_CHALLENGE", "CHALLENGED")
    return str(data["challenge_id"])


def answer(services: World, me: Person, challenge: str, assertion: str, device: str = "tel-1") -> str:
    """The code of answering."""
    body = {"device": device, "assertion": assertion}
    return str(me.ask(services.banks[1], "POST", f"/bank/v1/challenges/{challenge}/answers", body, new_key())[1]["code"])


def test_bank_large_transfer_waits_for_its_challenge_and_is_made_once(services: World) -> None:
    """A small one does not; until it is answered nothing is moved, and the same challenge is told; three at once move once."""
    me, friend = services.people(2, balance_fen=200_000)
    assert transfer(services, me, friend, new_key(), LARGE - 1)[0] == "OK"
    key = new_key()
    challenge = challenged(services, me, friend, key)
    assert challenged(services, me, friend, key) == challenge
    assert balances(services, [me])[me.account] == 200_000 - (LARGE - 1)
    assert answer(services, me, challenge, signed(bound(services, me), challenge)) == "OK"
    told = together([lambda: transfer(services, me, friend, key)[0] for _ in range(3)])
    assert "OK" in told
    assert set(told) <= {"OK", "IDEMPOTENCY_IN_PROGRESS"}
    assert balances(services, [me])[me.account] == 200_000 - (LARGE - 1) - LARGE


def test_bank_answer_is_good_for_its_own_transfer_alone(services: World) -> None:
    """Not for another key, sum or payee, and not for a second one; who tries is asked for another answer."""
    me, friend, other = services.people(3, balance_fen=500_000)
    telephone, key = bound(services, me), new_key()
    challenge = challenged(services, me, friend, key)
    assert answer(services, me, challenge, signed(telephone, challenge)) == "OK"
    assert challenged(services, me, friend, new_key()) != challenge
    assert challenged(services, me, other, key) != challenge
    assert challenged(services, me, friend, key, LARGE + 1) != challenge
    assert transfer(services, me, friend, key)[0] == "OK"
    assert challenged(services, me, friend, new_key()) != challenge


def test_bank_answer_grows_old(services: World) -> None:
    """After its time the same transfer has another challenge; and a challenge waits for its answer no longer than it says."""
    me, friend = services.people(2, balance_fen=200_000)
    telephone, key = bound(services, me), new_key()
    challenge = challenged(services, me, friend, key)
    assert answer(services, me, challenge, signed(telephone, challenge)) == "OK"
    services.database.sql(f"update bank.challenge_answers set at = at - interval '4 s' where challenge_id = '{challenge}'")  # noqa: S608 - our own values
    another = challenged(services, me, friend, key)
    assert another != challenge
    services.database.sql(f"update bank.challenges set at = at - interval '31 s' where challenge_id = '{another}'")  # noqa: S608 - our own values
    assert answer(services, me, another, signed(telephone, another)) == "CHALLENGE_EXPIRED"


def test_bank_challenge_is_answered_by_its_customers_telephone_once(services: World) -> None:
    """Not by another key, another's telephone, one that is not bound, or somebody else."""
    me, friend = services.people(2, balance_fen=200_000)
    telephone, anothers = bound(services, me), bound(services, friend)
    challenge = challenged(services, me, friend, new_key())
    assert answer(services, me, challenge, signed("nobody's", challenge)) == "NOT_PROVEN"
    assert answer(services, me, challenge, signed(anothers, challenge)) == "NOT_PROVEN"
    assert answer(services, me, challenge, signed(telephone, challenge), "tel-2") == "NOT_PROVEN"
    assert answer(services, friend, challenge, signed(anothers, challenge)) == "NOT_FOUND"
    assert answer(services, me, challenge, signed(telephone, challenge)) == "OK"
    assert answer(services, me, challenge, signed(telephone, challenge)) == "CHALLENGE_ANSWERED"


def test_bank_new_telephone_is_challenged_whatever_the_sum(services: World) -> None:
    """Of a customer who is enrolled with one: that one is not, another is, until a transfer by it was answered for."""
    me, friend = services.people(2)
    services.database.sql(f"update bank.customers set device = 'old' where customer_no = '{me.no}'")  # noqa: S608 - our own values
    assert transfer(services, me, friend, new_key(), 5, X_Device_Id="old")[0] == "OK"
    telephone, key = bound(services, me), new_key()
    code, data = transfer(services, me, friend, key, 5, X_Device_Id="tel-1")
    assert code == "RISK_CHALLENGE"
    challenge = data["challenge_id"]
    assert answer(services, me, challenge, signed(telephone, challenge)) == "OK"
    assert [transfer(services, me, friend, one, 5, X_Device_Id="tel-1")[0] for one in (key, new_key())] == ["OK", "OK"]
    assert transfer(services, me, friend, new_key(), 5)[0] == "RISK_CHALLENGE"


def log_in(services: World, me: Person, nonce: str, assertion: str, key: str = "", device: str = "tel-1") -> tuple[str, Any]:
    """The code of a login, and what it tells."""
    body = {"no": me.no, "device": device, "nonce_id": nonce, "assertion": assertion}
    told = services.banks[0].call("POST", "/bank/v1/biometric-sessions", body, Idempotency_Key=key or new_key())[1]
    return told["code"], told["data"]


def test_bank_telephone_logs_its_customer_in_once_for_each_nonce(services: World) -> None:
    """By a signature that is right, in time; the token opens what is the customer's."""
    (me,) = services.people(1)
    telephone = bound(services, me)
    ask = lambda: services.banks[1].call("POST", "/bank/v1/login-nonces", {"no": me.no, "device": "tel-1"}, Idempotency_Key=new_key())  # noqa: E731 - a phrase
    nonce, old = (str(ask()[1]["data"]["nonce_id"]) for _ in range(2))
    services.database.sql(f"update bank.login_nonces set at = at - interval '31 s' where nonce_id = '{old}'")  # noqa: S608 - our own values
    assert log_in(services, me, nonce, signed("nobody's", nonce))[0] == "NOT_PROVEN"
    assert log_in(services, me, old, signed(telephone, old))[0] == "NONCE_EXPIRED"
    key = new_key()
    code, data = log_in(services, me, nonce, signed(telephone, nonce), key)
    assert code == "OK"
    assert Person(me.no, data["token"]).ask(services.banks[0], "GET", f"/bank/v1/accounts/{me.account}")[0] == 200
    assert log_in(services, me, nonce, signed(telephone, nonce), key)[0] == "OK"
    assert log_in(services, me, nonce, signed(telephone, nonce))[0] == "NONCE_USED"
    services.database.sql(f"update bank.login_nonces set at = at - interval '31 s' where nonce_id = '{nonce}'")  # noqa: S608 - our own values
    assert log_in(services, me, nonce, signed(telephone, nonce), key)[0] == "NONCE_EXPIRED"


@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
@pytest.mark.parametrize(
    "switch", ["challenges_skipped", "new_devices_trusted", "assertions_unchecked", "answers_used_again", "answers_never_expire"]
)
def test_bank_step_up_has_its_defects(services: World, switch: str, *, on: bool) -> None:
    """By their switches alone."""
    me, friend = services.people(2, balance_fen=200_000)
    key, old = new_key(), switch == "answers_never_expire"
    if switch == "new_devices_trusted":
        services.database.sql(f"update bank.customers set device = 'old' where customer_no = '{me.no}'")  # noqa: S608 - our own values
    challenge = challenged(services, me, friend, key)
    rows = f"('{challenge}', '{new_key()}', '{me.no}', 'tel', now() - interval '{9 if old else 0} s', 'A')"
    put = f"insert into bank.challenge_answers (challenge_id, idempotency_key, customer_no, device, at, site) values {rows}"  # noqa: S608 - our own values
    first = {"answers_used_again": put, "answers_never_expire": put}.get(switch, "select 1")
    again = key if old else new_key()
    fen = 5 if switch == "new_devices_trusted" else LARGE
    parties = f"'{me.account}', '{friend.account}', {fen}, ''"
    call = f"select code from bank.transfer('{again}', '', '{me.no}', {parties}, 'new', 'transfer.submit', 'A')"  # noqa: S608 - our own values
    if switch == "assertions_unchecked":
        call = f"select code from bank.answer_challenge('{new_key()}', '', '{me.no}', '{challenge}', 'tel', false, 'A')"  # noqa: S608 - our own values
    setting = f"select set_config('mock.{switch}', 'on', true);" if on else ""
    told = services.database.sql(f"begin; {setting} {first}; {call}; rollback").splitlines()[-1]
    assert told == ("OK" if on else "NOT_PROVEN" if switch == "assertions_unchecked" else "RISK_CHALLENGE")
