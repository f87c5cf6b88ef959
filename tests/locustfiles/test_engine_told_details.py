"""What answers tell of an effect besides its amount is kept of a sample of customers, under the effect's id."""

import orjson

from locustfiles.engine.attempt import Attempt
from locustfiles.engine.told_details import ToldDetails
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT, answer_digest, told_figure
from scenarios.target.operations import Operation
from scenarios.target.responses import Response

EVERY = 4
PAY = Operation.model_validate(
    {
        "service": "all",
        "method": "POST",
        "path": "/pay",
        "effect": {"business": "{key}", "id": "$.no", "tells": {"at_ms": "$.at", "day": "$.day"}},
    }
)
Row = tuple[int, int, int, int, bytes]


def _kept(answer: object, *, customer: int = EVERY, outcome: Outcome = Outcome.SUCCESS) -> list[Row]:
    """Place of the detail, digest of the effect, figure, no amount, and site of each that is kept."""
    details, attempt, rows = ToldDetails(PAY, EVERY, "header.X-Site"), Attempt(), list[Row]()
    attempt.subjects = details.subjects({}, {}, customer)
    if attempt.subjects is not None:
        details.keep(attempt, outcome, Response(200, {"x-site": "B2"}, orjson.dumps(answer)), lambda _attempt, *row: rows.append(row))
    return rows


def test_each_detail_is_kept_under_its_place_and_the_effects_id() -> None:
    """The judge finds the effect again by the digest, and the column by the place; a text is kept as its digest."""
    told = {"no": "P-1", "at": 1_790_000_000_123, "day": "2026-05-11"}
    effect = answer_digest("P-1")
    assert _kept(told) == [
        (0, effect, 1_790_000_000_123, NO_AMOUNT, b"B"),
        (1, effect, told_figure("2026-05-11"), NO_AMOUNT, b"B"),
    ]


def test_only_a_success_of_the_sample_that_names_its_effect_is_kept() -> None:
    """A refusal tells of nothing that was done; what is not told is left out."""
    assert _kept({"no": "P-1", "at": 1}, outcome=Outcome.REFUSAL) == []
    assert _kept({"no": "P-1", "at": 1}, customer=EVERY + 1) == []
    assert _kept({"at": 1}) == []
    assert [row[0] for row in _kept({"no": "P-1", "day": "2026-05-11", "at": None})] == [1]


def test_a_figure_fits_its_record() -> None:
    """Numbers of 64 bits as they are; truth values, greater ones, and texts by their digest."""
    for value, same in ((7, True), (-7, True), (1 << 63, False), (True, False), ("7", False), (7.5, False)):
        figure = told_figure(value)
        assert -(1 << 63) <= figure < 1 << 63
        assert (figure == value) is same
