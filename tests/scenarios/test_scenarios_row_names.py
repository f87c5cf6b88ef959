"""A field of a row that is read back is mistyped where it is nearly one of ours: the judge would not find it, and say nothing."""

import re
from pathlib import Path
from typing import get_args

import pytest

from scenarios.errors import EXIT_USAGE, BadInput
from scenarios.plugins import load_target
from scenarios.run import readback_tables
from scenarios.target.readback import Role
from scenarios.target.row_names import _KNOWN, meant

FILE = """name: shop
describe: d
services: {s: {base: "http://127.0.0.1:1"}}
operations:
  session.create: {service: s, method: POST, path: /login, authorised: false, extract: {token: $.token}}
  account.balance: {service: s, path: /balance}
readback:
  tables:
    grants:
      service: s
      role: effects
      path: /rows
      fields:
        op: "'claim.submit'"
        NAME: $.who
        window: $.window
      business: "{BUSINESS}"
"""


def written(folder: Path, **words: str) -> str:
    """The file with these words in it."""
    path, text = folder / "shop.yaml", FILE
    for word, said in {"NAME": "customer", "BUSINESS": "customer}:{window", **words}.items():
        text = text.replace(word, said)
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("words", "line", "says"),
    [
        ({"NAME": "custmer", "BUSINESS": "window"}, 15, "'custmer' is no name of ours for a field of effects; did you mean 'customer'?"),
        ({"NAME": "amount_fn", "BUSINESS": "window"}, 15, "did you mean 'amount_fen'?"),
        ({"BUSINESS": "customer}:{windw"}, 17, "{windw} is none of the fields; there are: op, customer, window"),
    ],
)
def test_a_mistyped_name_is_refused_at_its_line(tmp_path: Path, words: dict[str, str], line: int, says: str) -> None:
    """With what was meant, before any request."""
    with pytest.raises(BadInput) as refused:
        load_target(written(tmp_path, **words))
    assert says in str(refused.value)
    assert (refused.value.exit_code, refused.value.line) == (EXIT_USAGE, line)


@pytest.mark.parametrize("name", ["customer", "merchant", "coupon", "day", "order"])
def test_a_row_may_tell_more_than_the_judge_asks(tmp_path: Path, name: str) -> None:
    """For checks of the user's own, and for what a business key is made of."""
    load_target(written(tmp_path, NAME=name, BUSINESS="window"))
    load_target(written(tmp_path, NAME=name, BUSINESS=name))


def test_what_is_near_a_name_that_is_there_is_a_name_of_its_own() -> None:
    """As a second state beside the first."""
    assert meant("states", "effects", {"state", "states"}) is None
    assert meant("states", "effects", {"states"}) == "state"


def test_a_home_that_is_nobodys_is_a_sentence(tmp_path: Path) -> None:
    """Where a file is said to lie in it."""
    path = Path(written(tmp_path))
    path.write_text(path.read_text().replace("operations:", "data: {file: ~nobody-of-that-name/people.csv}\noperations:", 1))
    with pytest.raises(BadInput, match=r"shop\.yaml:4: data\.file: there is no home for ~nobody-of-that-name/people\.csv"):
        load_target(str(path))


def test_the_names_are_those_that_are_told_of() -> None:
    """By role, as the page of the format has them."""
    assert set(_KNOWN) == set(get_args(Role))
    for role, names in _KNOWN.items():
        said = re.search(rf"^{role} +(.*?)(?=^\w|\Z)", readback_tables.__doc__ or "", re.MULTILINE | re.DOTALL)
        assert said is not None, role
        assert not (missing := set(names.split()) - set(re.findall(r"\w+", said[1]))), (role, missing)
