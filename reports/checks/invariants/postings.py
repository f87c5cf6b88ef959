"""The ledger and the balances are what the world owes: opening balances, and one posting for each effect that moves or pays money."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, NotMapped, judged
from reports.formatting import few, many
from reports.measures.arrays import column, integers
from reports.measures.books import Owed, balances, customer_accounts, differences, ledger_legs, named, owed, since_first_effect

ID = "postings"
TITLE = "The ledger shows what is owed, and nothing else"
KIND = Kind.INVARIANT
PLAN = ("P1-01", "P1-04")


def check(evidence: Evidence) -> list[Finding]:
    """Each entry of the ledger against the effects of this run; each customer's balance against his opening balance and his operations."""
    books = evidence.plan.target.books
    if books is None:
        raise NotMapped("the target's file has no `books`: whose account is whose, and what stood in it")
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    evidence.need_whole_acks()
    debt = owed(evidence.reconciliation, evidence.table("effects"), evidence.plan, evidence.t0_ms + evidence.payments_until_s * 1000)
    found = [_postings(evidence, debt)] if evidence.has("ledger") else []
    found += [_balances(evidence, debt)] if evidence.has("accounts") and books.opening else []
    if not found:
        raise NotMapped("the target's read-back has no ledger, and no accounts whose opening balance is known")
    return found


def _postings(evidence: Evidence, debt: Owed) -> Finding:
    ledger = evidence.table("ledger")
    if evidence.plan.target.books and not evidence.plan.target.books.opening:
        ledger = since_first_effect(ledger, evidence.reconciliation, evidence.table("effects"))
    surplus, missing = differences(ledger_legs(ledger), debt)
    lacking, beyond = int(missing.sum()), int(surplus.sum())
    return judged(
        not lacking and not beyond,
        ID,
        lacking + beyond,
        0,
        "entries",
        f"{many(len(ledger), 'entry')}; {lacking or 'none'} owed and missing, {beyond or 'none'} that nobody is owed",
        few([*(f"missing: {leg}" for leg in named(missing)), *(f"owed to nobody: {leg}" for leg in named(surplus))]),
    )


def _balances(evidence: Evidence, debt: Owed) -> Finding:
    accounts = evidence.table("accounts")
    shown = dict(zip(map(str, column(accounts, "account")), integers(column(accounts, "balance_fen"), "balance_fen").tolist(), strict=True))
    spans = balances(debt)
    wrong = []
    for account in customer_accounts(evidence.plan):
        least, most = spans.get(account, (0, 0))
        if not least <= shown.get(account, 0) <= most:
            owes = f"{least} fen are owed" if least == most else f"{least} to {most} fen are owed"
            wrong.append(f"{account}: holds {shown.get(account, 'nothing')} fen, {owes}")
    return judged(
        not wrong,
        "customers-balances",
        len(wrong),
        0,
        "accounts",
        f"{many(evidence.plan.scenario.population.customers, 'customer')}, {len(wrong) or 'none'} whose balance is not what is owed",
        few(wrong),
        title="Each customer has what he is owed",
    )
