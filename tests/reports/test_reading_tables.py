"""Rows of a read-back become columns in which every value is what it was."""

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reports.measures.arrays import rows_of
from reports.reading.tables import _Columns

VALUES = st.one_of(st.none(), st.booleans(), st.integers(-3, 300), st.just(1.0), st.sampled_from(["", "a", "1"]), st.just([1, "a"]))
ROWS = st.lists(st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4), max_size=12)


@given(ROWS)
def test_every_value_is_what_it_was(rows: list[dict[str, Any]]) -> None:
    """A true is no 1 though they are equal; what a row does not tell is missing, as pandas says it."""
    columns = _Columns({})
    columns.take(rows)
    frame = columns.frame()
    assert list(frame.columns) == list(dict.fromkeys(name for row in rows for name in row))
    for name in frame.columns:
        assert frame[name].dtype == object
        for row, value in zip(rows, frame[name].tolist(), strict=True):
            if name in row:
                assert (type(value), value) == (type(row[name]), row[name])
            else:
                assert math.isnan(value)


@given(st.lists(st.booleans(), max_size=9))
def test_rows_of_a_mask_are_the_masks_own(which: list[bool]) -> None:
    """Together, apart, none or all of them."""
    mask, places = np.array(which, bool), np.arange(len(which))
    assert places[rows_of(mask)].tolist() == places[mask].tolist()
