"""Names for the arrays that measures pass to each other."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.finding import NoEvidence

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U16 = npt.NDArray[np.uint16]
U8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]


def column(frame: pd.DataFrame, name: str) -> Objects:
    """A column as Python objects, empty for an empty frame. Raises NoEvidence where rows have no such column."""
    if name not in frame.columns:
        if len(frame):
            raise NoEvidence(f"the read-back's rows do not tell their {name!r}")
        return np.empty(0, object)
    return frame[name].to_numpy(dtype=object)


def optional(frame: pd.DataFrame, name: str) -> Objects:
    """A column as Python objects, all None where rows have no such column."""
    return column(frame, name) if name in frame.columns else np.full(len(frame), None, object)


def integers(values: Objects, name: str) -> I64:
    """A column of whole numbers. Raises NoEvidence at the first that is none."""
    try:
        return np.fromiter((int(value) for value in values), np.int64, len(values))
    except (TypeError, ValueError, OverflowError):
        bad = next(value for value in values if not _is_whole(value))
        raise NoEvidence(f"the read-back's {name!r} should be a whole number, not {bad!r}") from None


def _is_whole(value: object) -> bool:
    try:
        return -(1 << 63) <= int(str(value)) < 1 << 63
    except ValueError:
        return False


def known(values: Objects) -> Bools:
    """Where a value is there."""
    there: Bools = pd.notna(values) & (values != "")
    return there


def rows_of(which: Bools) -> "slice | Bools":
    """The rows of a mask: as a slice where they stand together, so that taking them copies nothing."""
    count, first = int(np.count_nonzero(which)), int(which.argmax()) if len(which) else 0
    return slice(first, first + count) if which[first : first + count].all() else which


def among(values: U64, others: U64) -> Bools:
    """Which values stand among others, by sorting: far faster than by hashing where both are millions of ids."""
    if not len(others):
        return np.zeros(len(values), bool)
    ordered = np.sort(others)
    found: Bools = ordered[np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)] == values
    return found


def positions(among: "np.ndarray[tuple[int], np.dtype[np.generic]]", wanted: "np.ndarray[tuple[int], np.dtype[np.generic]]") -> I64:
    """Where each wanted value stands among others; -1 where it does not, or is the value for nothing."""
    if not len(among):
        return np.full(len(wanted), -1, np.int64)
    nothing = np.zeros(1, among.dtype)[0]
    order = np.argsort(among, kind="stable")
    place = np.minimum(np.searchsorted(among[order], wanted), len(among) - 1)
    found = order[place]
    hit = (among[found] == wanted) & (wanted != nothing)
    return np.where(hit, found, -1).astype(np.int64)
