"""What people do in a world of the tests, in a word each, and how it stands afterwards."""

import time
from typing import Any

from services_world import SECRET, Person, World, new_key

from mock_bank.services.kit.tokens import Signer


def transfer(services: World, node: int, payer: Person, payee: Person, fen: int) -> str:
    """The code of one transfer."""
    body = {"from_account": payer.account, "to_account": payee.account, "amount_fen": fen}
    return str(payer.ask(services.banks[node], "POST", "/bank/v1/transfers", body, new_key())[1]["code"])


def balances(services: World, people: list[Person]) -> dict[str, int]:
    """What the read-back says that each of them has."""
    wanted = {person.account for person in people}
    return {
        row["account_id"]: row["balance_fen"] for row in services.banks[0].read_back("/bank/v1/ops/accounts") if row["account_id"] in wanted
    }


def stock_of(services: World, campaign: str) -> dict[str, int]:
    """The stock row of the campaign's one prize."""
    (row,) = [row for row in services.campaigns[0].read_back("/v1/ops/stock") if row["campaign_id"] == campaign]
    return {name: row[name] for name in ("initial", "replenished", "granted", "remaining")}


def grants_of(services: World, campaign: str, kind: str) -> list[dict[str, object]]:
    """The read-back of its grants."""
    return [row for row in services.campaigns[0].read_back("/v1/ops/grants") if (row["campaign_id"], row["kind"]) == (campaign, kind)]


def check_in(services: World, person: Person, campaign: str, node: int = 0) -> tuple[str, dict[str, object]]:
    """Code and data of a check-in."""
    _, envelope = person.ask(services.campaigns[node], "POST", "/v1/checkins", {"campaign_id": campaign}, new_key())
    return envelope["code"], envelope["data"]


def invite(services: World, person: Person, campaign: str, node: int = 0) -> tuple[str, dict[str, object]]:
    """Code and data of a customer's getting a code to share."""
    _, envelope = person.ask(services.campaigns[node], "POST", "/v1/invites", {"campaign_id": campaign}, new_key())
    return envelope["code"], envelope["data"]


def accept(services: World, person: Person, campaign: str, host: Person, node: int = 0) -> tuple[str, dict[str, Any]]:
    """Code and data of somebody's coming by a customer's code."""
    _, envelope = person.ask(services.campaigns[node], "POST", f"/v1/invites/{campaign}.{host.no}/acceptances", None, new_key())
    return envelope["code"], envelope["data"]


def proof(person: Person, verified_ms: int | None = None) -> str:
    """The bank's word that a customer has been verified, now if nothing else is said."""
    at_ms = time.time_ns() // 1_000_000 + 60_000 if verified_ms is None else verified_ms
    return Signer(SECRET.encode()).issue("kyc", f"{person.no}/{at_ms}", 600)[0]


def verify(services: World, person: Person, acceptance: str, node: int = 0, verified_ms: int | None = None) -> str:
    """The code of somebody's counting as a friend."""
    body = {"verification_token": proof(person, verified_ms)}
    return str(person.ask(services.campaigns[node], "POST", f"/v1/acceptances/{acceptance}/verifications", body, new_key())[1]["code"])


def receipt(person: Person, payment: str, fen: int, paid_ms: int | None = None) -> str:
    """The bank's word that a customer has paid, now if nothing else is said."""
    at_ms = time.time_ns() // 1_000_000 if paid_ms is None else paid_ms
    return Signer(SECRET.encode()).issue("receipt", f"{person.no}/{payment}/{fen}/{at_ms}", 600)[0]


def earn(services: World, person: Person, campaign: str, fen: int, paid_ms: int | None = None, payment: str = "") -> tuple[str, Any]:
    """Code and data of a payment's earning points."""
    body = {"campaign_id": campaign, "receipt_token": receipt(person, payment or new_key(), fen, paid_ms)}
    envelope = person.ask(services.campaigns[0], "POST", "/v1/points", body, new_key())[1]
    return envelope["code"], envelope["data"]


def binding(person: Person, card: str) -> str:
    """The bank's word that a customer has bound a card."""
    return Signer(SECRET.encode()).issue("binding", f"{person.no}/{card}", 600)[0]


def budgets(**fen: int) -> list[dict[str, object]]:
    """Buckets of so much each, as a plan has them."""
    return [{"bucket": bucket.replace("_", "-"), "limit_fen": limit} for bucket, limit in fen.items()]


def answered_ticket(services: World, person: Person, campaign: str, category: str = "complaint") -> str:
    """A ticket that somebody has responded to."""
    body = {"campaign_id": campaign, "category": category, "text": "没有到账"}
    ticket: str = person.ask(services.campaigns[0], "POST", "/v1/tickets", body, new_key())[1]["data"]["ticket_id"]
    assert services.campaigns[0].ops("POST", f"/v1/ops/tickets/{ticket}/answer", {"actor": "a", "reason": "r"})[0] == 200
    return ticket


def code_of(services: World, person: Person, campaign: str) -> str:
    """The code that a customer has sent to their telephone for a campaign."""
    status, envelope = person.ask(services.campaigns[0], "POST", "/v1/registrations/codes", {"campaign_id": campaign}, new_key())
    assert status == 200, envelope
    return services.latest_message(person)


def register(services: World, person: Person, campaign: str, code: str, node: int = 0) -> str:
    """The code of a registration."""
    body = {"campaign_id": campaign, "code": code}
    return str(person.ask(services.campaigns[node], "POST", "/v1/registrations", body, new_key())[1]["code"])
