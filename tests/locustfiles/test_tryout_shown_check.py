"""What was done and is not in a customer's own list is named before any load."""

import pytest

from locustfiles.tryout.effects_made import Effect
from locustfiles.tryout.shown_check import unlisted
from scenarios.run.records import answer_digest
from scenarios.target.responses import Response
from scenarios.target.views import RowsView

MADE = [Effect("claim.submit", "k", "b", accepted=False, digest=answer_digest(name)) for name in ("C1", "C2")]
ANSWER = Response(200, {}, b'{"list": [{"no": "C1", "id": 7}]}')
MISSING = "the list at $.list has no {} that is the id of this customer's claim.submit"


@pytest.mark.parametrize(
    ("says", "sentences"),
    [
        ({"effect": "$.no"}, [MISSING.format("$.no")]),
        ({"effect": "$.id"}, [MISSING.format("$.id")] * 2),
        ({"effect": "$.no", "most": 1}, []),
        ({"effect": "$.no", "of": "transfer.submit"}, []),
    ],
    ids=["one is not there", "by another name", "a list that is full", "a list of something else"],
)
def test_what_is_not_listed_is_named(says: dict[str, object], sentences: list[str]) -> None:
    """Each by itself; a list that is full may be cut."""
    assert unlisted(RowsView.model_validate({"of": "claim.submit", "rows": "$.list", **says}), MADE, ANSWER) == sentences
