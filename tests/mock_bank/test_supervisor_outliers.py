"""Which node is taken out: the one that is late while its sibling is not, and no other."""

import pytest

from mock_bank.supervisor.outliers import Record, outliers

SERVICES = {"bank-a": "bank", "bank-b": "bank", "campaign-a": "campaign"}
WELL, LATE = [True] * 3, [False] * 3


@pytest.mark.parametrize(
    ("answers", "out", "take", "put"),
    [
        pytest.param({"bank-a": LATE, "bank-b": WELL}, set(), ["bank-a"], [], id="late three times"),
        pytest.param({"bank-a": [False, False], "bank-b": WELL}, set(), [], [], id="late twice"),
        pytest.param({"bank-a": [False, False, True, False], "bank-b": WELL}, set(), [], [], id="not in a row"),
        pytest.param({"bank-a": LATE, "bank-b": LATE}, set(), [], [], id="all are late: it is something else"),
        pytest.param({"bank-a": LATE, "bank-b": [True]}, set(), [], [], id="the sibling has only just begun"),
        pytest.param({"bank-a": LATE, "campaign-a": WELL}, set(), [], [], id="another service's node is no sibling"),
        pytest.param({"campaign-a": LATE, "bank-a": WELL}, set(), [], [], id="the only one of its service"),
        pytest.param({"bank-a": [False, False, None], "bank-b": WELL}, set(), [], [], id="dead is not late"),
        pytest.param({"bank-a": LATE, "bank-b": WELL}, {"bank-a"}, [], [], id="out already"),
        pytest.param({"bank-a": [*LATE, True], "bank-b": WELL}, {"bank-a"}, [], [], id="in time once"),
        pytest.param({"bank-a": [*LATE, True, True], "bank-b": WELL}, {"bank-a"}, [], ["bank-a"], id="in time twice"),
        pytest.param({"bank-a": WELL, "bank-b": LATE}, {"bank-a"}, ["bank-b"], ["bank-a"], id="they change places"),
    ],
)
def test_a_node_is_out_while_it_is_late_and_its_sibling_is_not(
    answers: dict[str, list[bool | None]], out: set[str], take: list[str], put: list[str]
) -> None:
    """By the last answers in a row, which are true (in time), false (late) or none (nobody was there)."""
    records = {name: Record() for name in SERVICES}
    for name, told in answers.items():
        for worked in told:
            records[name].note(worked=worked)
    assert outliers(SERVICES, records, out) == (take, put)
