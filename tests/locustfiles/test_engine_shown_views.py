"""What reads show is kept of a sample of customers, each of whom or what the customer asked about, and of nobody else."""

import orjson

from locustfiles.engine.attempt import Attempt
from locustfiles.engine.shown_views import ShownViews
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT, answer_digest
from scenarios.target.effects import granted_terms
from scenarios.target.operations import Operation
from scenarios.target.responses import Response
from scenarios.target.view_reading import Standing

EVERY = 4
READ = Operation.model_validate(
    {
        "service": "all",
        "path": "/home",
        "shows": {
            "balance": {"account": "AC-{account}", "fen": "$.fen"},
            "state": {"of": "transfer", "effect": "id", "state": "$.state", "done": ["DONE"], "absent": "http == 404", "fen": "$.amount"},
            "rows": [{"of": "claim", "rows": "$.coupons", "effect": "$.no"}],
            "funds": {"account": "AC-{account}", "asked": "{amount_fen}", "enough": "$.allowed == true"},
            "stock": {"rows": "$.stock", "item": "$.sku", "batch": "$.batch", "left": "$.left"},
            "announces": [{"planned": "{campaign.face_fen}", "told": "$.face"}],
            "score": {"rows": "$.teams", "team": "$.name", "score": "$.points", "as_of_ms": "$.at"},
        },
    }
)
ANSWER = {
    "allowed": True,
    "fen": 1250,
    "state": "DONE",
    "amount": 7,
    "coupons": [{"no": "a"}, {"no": "b"}],
    "face": 2000,
    "at": 1_795_312_800_000,
    "teams": [{"name": "2", "points": 90}, {"name": "1", "points": 60}],
    "stock": [{"sku": "TEA", "batch": "b1", "left": 9}],
}
KNOWN = {"account": "7", "id": "T-1", "sku": "TEA", "amount_fen": 320, "team": "1"}
Row = tuple[int, int, int, int, bytes]
SITE = "header.X-Site"


def _kept(answer: object, *, customer: int = EVERY, args: dict[str, object] | None = None, status: int = 200) -> list[Row]:
    """View, digest of its subject, value, fen and site of each that is kept of an answer."""
    views = ShownViews(READ, {"campaign.batch": "b1"}, EVERY, SITE)
    attempt = Attempt()
    attempt.subjects = views.subjects(KNOWN if args is None else args, {}, customer)
    rows: list[Row] = []
    outcome = Outcome.SUCCESS if status == 200 else Outcome.REFUSAL
    views.keep(
        attempt,
        outcome,
        Response(status, {"x-site": "B2"}, orjson.dumps(answer)),
        lambda _attempt, number, subject, value, fen, site: rows.append((number, subject, value, fen, site)),
    )
    return rows


def test_each_view_is_kept_under_its_number_and_its_subject() -> None:
    """The judge finds the account, the effect and the prize again by these digests, and compares the sites."""
    assert _kept(ANSWER) == [
        (0, answer_digest("AC-7"), 1250, NO_AMOUNT, b"B"),
        (1, answer_digest("T-1"), Standing.DONE, 7, b"B"),
        (2, 0, 2, NO_AMOUNT, b"B"),
        (3, answer_digest(granted_terms("TEA", "b1")), 9, NO_AMOUNT, b"B"),
        (4, answer_digest("AC-7"), 1, 320, b"B"),
        (5, 0, 2000, NO_AMOUNT, b"B"),
        (6, answer_digest("1"), 60, 1_795_312_800_000, b"B"),
    ]


def test_only_every_so_manieth_customer_is_in_the_sample() -> None:
    """By their number, so that each load process and each run of a seed samples the same ones."""
    kept = [customer for customer in range(3 * EVERY) if _kept(ANSWER, customer=customer)]
    assert kept == [0, EVERY, 2 * EVERY]


def test_what_the_customer_does_not_know_is_left_out_and_the_rest_is_kept() -> None:
    """A view of an effect that the customer never had is of nothing."""
    assert [number for number, *_ in _kept(ANSWER, args={"account": "7"})] == [0, 2, 5]


def test_what_an_answer_does_not_show_is_left_out_and_the_rest_is_kept() -> None:
    """Half an answer still is evidence of its other half."""
    assert [number for number, *_ in _kept(ANSWER | {"fen": None, "coupons": "none"})] == [1, 3, 4, 5, 6]


def test_of_an_answer_that_is_no_success_only_the_missing_effect_is_kept() -> None:
    """A 404 says that the effect is not there; it says nothing of a balance or a stock."""
    assert _kept({}, status=404) == [(1, answer_digest("T-1"), Standing.ABSENT, NO_AMOUNT, b"B")]
