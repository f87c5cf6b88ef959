"""Cards: bound by verified customers, one card to one customer, and their numbers kept nowhere."""

from collections import Counter

from services_world import SECRET, Person, World, new_key, together

from mock_bank.services.kit.tokens import Signer


def bind(services: World, person: Person, card_no: str, node: int = 0) -> tuple[str, str | None]:
    """Code of a binding, and the card's token."""
    envelope = person.ask(services.banks[node], "POST", "/bank/v1/cards", {"card_no": card_no}, new_key())[1]
    return envelope["code"], envelope["data"]["card_token"]


def verified(services: World, count: int) -> list[Person]:
    """Customers whom the bank knows."""
    people = services.people(count)
    for person in people:
        assert person.ask(services.banks[0], "POST", "/bank/v1/kyc", {"id_no": person.no}, new_key())[1]["code"] == "OK"
    return people


def test_bank_card_is_one_customers(services: World) -> None:
    """Several devices of one customer, and another's, at once: bound once, its token told to its customer alone."""
    me, other = verified(services, 2)
    number = f"62123{me.no}"
    mine = together([lambda n=n: bind(services, me, number, n % 2) for n in range(4)])
    assert Counter(code for code, _ in mine) == {"OK": 1, "ALREADY_BOUND": 3}
    assert len({token for _, token in mine}) == 1
    assert bind(services, other, number) == ("CARD_TAKEN", None)
    told = me.ask(services.banks[0], "GET", f"/bank/v1/cards/{mine[0][1]}/proof")[1]["data"]
    assert Signer(SECRET.encode()).open("binding", told["binding_token"]) == f"{me.no}/{mine[0][1]}"
    assert other.ask(services.banks[0], "GET", f"/bank/v1/cards/{mine[0][1]}/proof")[0] == 404


def test_bank_card_waits_for_the_identity(services: World) -> None:
    """Nobody binds one whom the bank does not know."""
    (me,) = services.people(1)
    assert bind(services, me, f"62124{me.no}")[0] == "NOT_VERIFIED"


def test_bank_cards_number_is_kept_nowhere(services: World) -> None:
    """Neither in the tables nor in the read-back."""
    (me,) = verified(services, 1)
    number = f"62125{me.no}"
    assert bind(services, me, number)[0] == "OK"
    kept = services.database.sql("select row_to_json(c) from bank.cards c") + services.database.sql("select data from bank.idempotency")
    assert number not in kept
    assert number not in str(services.banks[0].read_back("/bank/v1/ops/cards"))
