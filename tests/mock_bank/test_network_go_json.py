"""JSON as Go reads it: whatever comes is read or refused, and what is JSON is read as it is."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_bank.network.linkproxy.go_json import Malformed, Members, Number, Shape, Value, fill, float32, read

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def plain(value: Value) -> object:
    """As Python's own reader gives it."""
    match value:
        case Number():
            return json.loads(value)
        case list():
            return [plain(item) for item in value]
        case Members():
            return {key: plain(item) for key, item in value.pairs}
    return value


@given(st.binary() | st.text(alphabet='{}[]",:\\ntrue0123.eE+- ').map(str.encode))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    """With nothing but Malformed."""
    with suppress(Malformed):
        read(body)


@given(DOCUMENTS, st.booleans())
def test_json_is_read_as_it_is(document: object, escaped: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """In each way of writing it; what follows it is left alone."""
    body = json.dumps(document, ensure_ascii=escaped, indent=1 if escaped else None)
    assert plain(read(body.encode() + b" and more" if isinstance(document, dict | list) else body.encode())) == document


@given(st.sampled_from(["[", '{"a":']), st.integers(min_value=20_000, max_value=50_000))
def test_depth_ends(opening: str, times: int) -> None:
    """In a refusal."""
    with pytest.raises(Malformed, match="exceeded max depth"):
        read((opening * times).encode())


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_number_of_32_bits_is_shown_in_the_fewest_digits(number: float) -> None:
    """And is the same number; no shorter one is."""
    shown = float32(number)
    assert float32(shown) == shown
    assert abs(shown - number) <= abs(number) * 2**-23 + 1e-45


@given(st.text(alphabet="abAB", min_size=1, max_size=2), st.integers(-(1 << 70), 1 << 70))
def test_fields_are_found_in_any_case_and_whole_numbers_have_64_bits(key: str, number: int) -> None:
    """Beyond them they are refused by name."""
    shape = Shape("T", "t.T", {"ab": "int64"})
    value = read(json.dumps({key: number}).encode())
    if key.lower() != "ab":
        assert fill(shape, value) == {}
    elif -(1 << 63) <= number < 1 << 63:
        assert fill(shape, value) == {"ab": number}
    else:
        with pytest.raises(Malformed, match=rf"cannot unmarshal number {number} into Go struct field T\.ab of type int64"):
            fill(shape, value)
