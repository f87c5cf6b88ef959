"""Where nobody knows what stood in a ledger before, it is looked at from the first of our effects on."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.measures.books import since_first_effect


@pytest.mark.parametrize(("posted_ms", "counts"), [(10_000, True), (9_999, True), (9_950, True), (8_000, False)])
def test_a_posting_may_be_told_a_moment_before_its_effect(posted_ms: int, counts: bool) -> None:  # noqa: FBT001 - a column of the table
    """By a clock that is asked twice; what stood there for seconds is from before."""
    ours: Any = SimpleNamespace(owner=np.array([-1, 3]))
    effects = pd.DataFrame({"at_ms": [7_000, 10_000]})
    ledger = pd.DataFrame({"txn": ["a", "b"], "at_ms": [posted_ms, 12_000]})
    assert list(since_first_effect(ledger, ours, effects)["txn"]) == (["a", "b"] if counts else ["b"])
