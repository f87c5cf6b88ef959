"""A short run of which the books are kept, written by hand, and what may be added to it."""

from pathlib import Path
from uuid import UUID

from handmade import Story
from handmade_plan import SUCCESS

from scenarios.target.effects import granted_terms, moved_terms

CUSTOMERS, OPENING_FEN = 20, 10_000
TRANSFERS, PACKETS = 8, 4
ITEM = granted_terms("sku-1", "b")


def account(customer: int) -> str:
    """A customer's account."""
    return f"AC-{customer}"


def booked(folder: Path) -> Story:
    """A short run whose target keeps books: everybody's opening balance, eight transfers, four packets opened and paid, one claim."""
    story = Story(folder)
    story.scenario["population"] = {"customers": CUSTOMERS, "opening_balance_fen": OPENING_FEN}
    story.scenario["pulse"] = None
    _map(story.target)
    story.tables |= {"ledger": [], "accounts": [], "payouts": []}
    for customer in range(CUSTOMERS):
        post(story, "opening", "GL-OPENING", account(customer), OPENING_FEN)
    for number in range(TRANSFERS):
        transfer(story, number, number, number + 1, 100 + number)
    for number in range(PACKETS):
        packet(story, number, 10 + number, 50 + number)
    claim(story, 5, "sku-1")
    story.probes()
    for row in story.tables["transfers"][TRANSFERS:]:
        row |= {"payer": account(0), "payee": account(1)}
        post(story, "probe", account(0), account(1), int(str(row["amount_fen"])))
    balance(story)
    return story


def _map(target: dict[str, object]) -> None:
    operations: dict[str, dict[str, dict[str, object]]] = target["operations"]  # type: ignore[assignment]  # as handmade_plan has it
    operations["account.balance"] |= {"extract": {"account": "$.a", "payee": "$.p", "sku": "$.s"}}
    operations["transfer.submit"]["effect"] |= {"moves": {"from": "{account}", "to": "AC-{payee}"}}
    operations["claim.submit"]["effect"] |= {"grants": {"item": "{sku}", "batch": "b"}}
    operations["redpacket.open"]["effect"] |= {"pays": {"from": "GL-CAMPAIGN", "within_s": 10}}
    target["books"] = {"account": "AC-{customer}", "opened_from": "GL-OPENING"}
    tables: dict[str, dict[str, object]] = target["readback"]["tables"]  # type: ignore[index]  # as handmade_plan has it
    tables["transfers"] |= {"parties": {"from": "{payer}", "to": "{payee}"}}
    tables["transfers"]["fields"] |= {"payer": "$.payer", "payee": "$.payee"}
    tables["payouts"] = {"role": "payouts", "service": "bank", "path": "/payouts", "fields": {"ref": "$.ref"}}


def transfer(
    story: Story, number: int, payer: int, payee: int, fen: int, *, asked_of: int | None = None, shown_fen: int | None = None
) -> UUID:
    """A transfer that was asked, shown, recorded and posted."""
    key = UUID(int=(1000 + number) << 64 | 5)
    terms = moved_terms(account(payer), account(payee if asked_of is None else asked_of))
    story.attempt("transfer.submit", number << 16, 1 + number, SUCCESS, 20, 1, 0, 0, 0.1)
    story.ack(
        "transfer.submit",
        number << 16,
        key,
        1 + number,
        SUCCESS,
        20,
        1,
        fen,
        business=f"t:{number}",
        customer=payer,
        terms=terms,
        shown_fen=shown_fen,
    )
    story.effect("transfer.submit", key, payer, 1 + number, fen, f"t:{number}")
    story.tables["transfers"][-1] |= {"payer": account(payer), "payee": account(payee)}
    post(story, f"t-{number}", account(payer), account(payee), fen)
    return key


def packet(story: Story, number: int, customer: int, fen: int) -> None:
    """A red packet that was opened and paid."""
    key = UUID(int=(2000 + number) << 64 | 5)
    operation = (2000 + number) << 16
    story.attempt("redpacket.open", operation, 20 + number, SUCCESS, 20, 1, 0, 0, 0.1)
    story.ack("redpacket.open", operation, key, 20 + number, SUCCESS, 20, 1, business=f"p:{number}", customer=customer, shown_fen=fen)
    story.effect("redpacket.open", key, customer, 20 + number, fen, f"p:{number}")
    story.tables["payouts"].append({"ref": f"E-{key}", "customer": customer, "amount_fen": fen})
    post(story, f"p-{number}", "GL-CAMPAIGN", account(customer), fen)


def claim(story: Story, customer: int, asked: str) -> None:
    """A claim that was granted: the item recorded is sku-1, whatever was asked."""
    key, operation = UUID(int=3000 << 64 | 5), 3000 << 16
    story.attempt("claim.submit", operation, 30, SUCCESS, 20, 1, 0, 0, 0.1)
    story.ack(
        "claim.submit",
        operation,
        key,
        30,
        SUCCESS,
        20,
        1,
        100,
        business=f"c:{customer}",
        customer=customer,
        terms=granted_terms(asked, "b"),
    )
    story.effect("claim.submit", key, customer, 30, 100, f"c:{customer}")


def post(story: Story, txn: str, payer: str, payee: str, fen: int) -> None:
    """Both legs of a posting."""
    story.tables["ledger"].append({"txn": txn, "account": payer, "debit_fen": fen, "credit_fen": 0})
    story.tables["ledger"].append({"txn": txn, "account": payee, "debit_fen": 0, "credit_fen": fen})


def balance(story: Story) -> None:
    """Balances as the ledger has them."""
    sums: dict[str, int] = {account(customer): 0 for customer in range(CUSTOMERS)}
    for leg in story.tables["ledger"]:
        sums[str(leg["account"])] = sums.get(str(leg["account"]), 0) + int(str(leg["credit_fen"])) - int(str(leg["debit_fen"]))
    story.tables["accounts"] = [
        {"account": name, "balance_fen": fen, "may_be_negative": not name.startswith("AC-")} for name, fen in sums.items()
    ]
