"""Identities: verified once, one person one customer, proven to the other services."""

from collections import Counter

from services_world import SECRET, Person, World, new_key, together

from mock_bank.services.kit.tokens import Signer


def submit(services: World, person: Person, id_no: str, node: int = 0) -> tuple[str, str]:
    """Code of a verification, and its id."""
    _, envelope = person.ask(services.banks[node], "POST", "/bank/v1/kyc", {"id_no": id_no}, new_key())
    return envelope["code"], envelope["data"]["kyc_id"]


def test_bank_identity_is_verified_once_from_however_many_devices(services: World) -> None:
    """One success; the others hear that it is done. The number is not read back."""
    (me,) = services.people(1)
    answers = together([lambda n=n: submit(services, me, me.no, n % 2) for n in range(6)])
    assert Counter(code for code, _ in answers) == {"OK": 1, "ALREADY_VERIFIED": 5}
    (row,) = [row for row in services.banks[0].read_back("/bank/v1/ops/kyc") if row["customer_no"] == me.no]
    assert set(row) == {"effect_id", "idempotency_key", "customer_no", "state", "at_ms", "site"}


def test_bank_person_is_one_customer(services: World) -> None:
    """Two customers with one identity at once: one of them is verified."""
    people = services.people(2)
    answers = together([lambda p=p: submit(services, p, f"one-{people[0].no}") for p in people])
    assert sorted(code for code, _ in answers) == ["IDENTITY_TAKEN", "OK"]


def test_bank_identity_is_the_one_that_is_known(services: World) -> None:
    """Enrolled under one number, nobody is verified under another."""
    (me,) = services.people(1)
    services.database.sql(f"update bank.customers set id_no = 'known-{me.no}' where customer_no = '{me.no}'")  # noqa: S608 - our own values
    assert submit(services, me, "another")[0] == "IDENTITY_MISMATCH"
    assert submit(services, me, f"known-{me.no}")[0] == "OK"


def test_bank_proof_of_a_verification_is_its_customers(services: World) -> None:
    """Signed with who and when; nobody else gets it."""
    me, other = services.people(2)
    _, kyc_id = submit(services, me, me.no)
    told = me.ask(services.banks[1], "GET", f"/bank/v1/kyc/{kyc_id}")[1]["data"]
    assert Signer(SECRET.encode()).open("kyc", told["verification_token"]) == f"{me.no}/{told['verified_at_ms']}"
    assert other.ask(services.banks[0], "GET", f"/bank/v1/kyc/{kyc_id}")[0] == 404
