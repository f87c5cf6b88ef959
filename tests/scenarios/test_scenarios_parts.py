"""A target in several files: merged key by key, each fault told with the file and line it stands in, what tables share said once."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.errors import BadInput
from scenarios.plan.yaml_loading import MOST_PARTS
from scenarios.plan.yaml_parts import Part, merge
from scenarios.plugins import PATH_VARIABLE, PROJECT, TARGET, discover, load_target, names
from scenarios.target.model import SECTIONS, Target

MAIN = """
name: shop
describe: A shop.
services: {shop: {base: "http://127.0.0.1:1"}}
outcome: {success: http == 200}
readback:
  defaults:
    service: shop
    headers: {X-Desk: desk}
    paging: ?after={cursor}
    next: $.more
    fields:
      effects: {key: $.key, state: $.state}
"""
BUYING = """
operations:
  buy: {service: shop, method: POST, path: /buy}
readback:
  tables:
    sales:
      role: effects
      path: /desk/sales
      fields: {op: "'buy'", state: $.st}
"""
LOOKING = """
operations:
  look: {service: shop, path: /look}
readback:
  tables:
    shelf: {role: stock, path: /desk/shelf, paging: "?from={page}", headers: {X-Shelf: a}, fields: {item: $.no}}
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a target in a user's own folder."""
    folder = tmp_path / "scenarios" / "targets" / "shop"
    folder.mkdir(parents=True)
    for name, text in (("target", MAIN), ("buying", BUYING), ("looking", LOOKING)):
        (folder / f"{name}.yaml").write_text(text)
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    return folder


def test_files_of_a_targets_folder_are_one_target(shop: Path) -> None:
    """By its name, by its folder, by its main file; files put aside are no part of it."""
    (shop / "_draft.yaml").write_text("operations: {look: {}}")
    target = load_target("shop")
    assert (target.name, sorted(target.operations)) == ("shop", ["buy", "look"])
    assert target.readback
    assert sorted(target.readback.tables) == ["sales", "shelf"]
    assert target == load_target(str(shop)) == load_target(str(shop / "target.yaml"))


def test_what_tables_share_is_said_once(shop: Path) -> None:
    """A table has the defaults where it says nothing; fields are those of its role, headers and fields beside its own."""
    readback = load_target(str(shop)).readback
    assert readback
    sales, shelf = readback.tables["sales"], readback.tables["shelf"]
    assert (sales.service, sales.whole_path, sales.next, sales.rows) == ("shop", "/desk/sales?after={cursor}", "$.more", "$.rows")
    assert sales.fields == {"key": "$.key", "state": "$.st", "op": "'buy'"}
    assert (shelf.whole_path, shelf.headers, shelf.fields) == (
        "/desk/shelf?from={page}",
        {"X-Desk": "desk", "X-Shelf": "a"},
        {"item": "$.no"},
    )
    assert Target.model_validate(load_target(str(shop)).model_dump(mode="json")) == load_target(str(shop))


def test_a_targets_folder_stands_beside_files_and_rooms_of_files(shop: Path) -> None:
    """A folder without a main file only holds targets; one name is one target."""
    text = MAIN.replace("name: shop", "name: plain") + "operations: {}\n"
    (shop.parent / "uat").mkdir()
    (shop.parent / "uat" / "plain.yaml").write_text(text.replace("readback:", "words: {}\nreadback:\n  tables: {}", 1))
    found = discover(TARGET.folder, TARGET.suffix, TARGET.main)
    assert (found["shop"], found["plain"]) == (shop, shop.parent / "uat" / "plain.yaml")
    assert load_target("plain").name == "plain"
    (shop.parent / "shop.yaml").write_text(text)
    with pytest.raises(BadInput, match="has the name 'shop' a second time"):
        names(TARGET)


@pytest.mark.parametrize(
    ("file", "text", "line", "says"),
    [
        ("more", "describe: Another.", 1, "gives the key 'describe', which {shop}/target.yaml:3 gives too"),
        ("more", "\noperations:\n  buy: {path: /b}", 3, "gives the key 'operations.buy', which {shop}/buying.yaml:3 gives too"),
        ("more", "outcome: {shed: http == 503}", 1, "gives the key 'outcome', which {shop}/target.yaml:5 gives too"),
        ("more", "readback: {tables: {sales: {}}}", 1, "gives the key 'readback.tables.sales', which {shop}/buying.yaml:6 gives too"),
        ("more", "operations: [buy]", 1, "gives the key 'operations', which {shop}/buying.yaml:2 gives too"),
        ("more", "operations: {a: {service: shop, path: /a}}\noperations: {}", 2, "has the key 'operations' twice"),
        ("more", "operations:\n  a: {service: shop, path: /a, bdy: 1}", 2, "unknown key 'operations.a.bdy'; did you mean 'body'?"),
        ("more", "operations:\n  a: {service: sop, path: /a}", 2, "a names the service 'sop'; there are: shop"),
        ("more", "readback:\n  tables:\n    a:\n      role: audit\n      path: /a", 3, "the key 'readback.tables.a.fields' is missing"),
        ("more", "kil_switch: {}", 1, "unknown key 'kil_switch'; did you mean 'kill_switch'?"),
        ("more", "a: [", 1, "is no YAML"),
        ("more", "", None, "is empty or no mapping"),
        ("target", MAIN.replace("describe: A shop.\n", ""), None, "the key 'describe' is missing"),
        ("target", MAIN.replace("next: $.more", "next: more"), 11, "readback.defaults.next: "),
        ("target", MAIN.replace("paging:", "pagin:"), 10, "unknown key 'readback.defaults.pagin'; did you mean 'paging'?"),
        ("buying", BUYING.replace("role: effects", "role: [effects]"), 7, "readback.tables.sales.role: "),
        ("buying", BUYING.replace("path: /desk/sales", "path: desk"), 8, "readback.tables.sales.path: "),
    ],
)
def test_a_fault_is_told_with_the_file_it_stands_in(shop: Path, file: str, text: str, line: int | None, says: str) -> None:
    """One sentence: file, line, what is wrong; of a key given twice, where the other stands."""
    path = shop / f"{file}.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as error:
        load_target("shop")
    assert says.format(shop=shop) in str(error.value)
    assert str(error.value).startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert "\n" not in str(error.value)


def test_a_target_has_not_any_number_of_files(shop: Path) -> None:
    """A folder of everything is a mistake."""
    for number in range(MOST_PARTS):
        (shop / f"p{number}.yaml").write_text(f"operations: {{o{number}: {{service: shop, path: /o}}}}")
    with pytest.raises(BadInput, match=f"allowed together: {MOST_PARTS}"):
        load_target("shop")


def test_the_door_takes_a_targets_folder(shop: Path) -> None:
    """`list` shows it, and a command refuses its faults with file and line."""
    command = [sys.executable, "-m", "stormdrill", "--path", str(shop.parents[2])]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    listed = subprocess.run([*command, "list", "targets"], env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert ["shop", "A", "shop."] in [line.split() for line in listed.stdout.splitlines()]
    (shop / "more.yaml").write_text("\ndescribe: Another.")
    checked = subprocess.run(
        [*command, "target", "check", str(shop)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert checked.returncode == 64
    assert checked.stderr == f"stormdrill: {shop}/more.yaml:2: gives the key 'describe', which {shop}/target.yaml:3 gives too\n"


KEYS = st.sampled_from(["operations", "services", "readback", "tables", "name", "a", "b"])
TREES = st.recursive(st.integers(), lambda below: st.dictionaries(KEYS, below, max_size=4), max_leaves=20)


@given(st.dictionaries(KEYS, TREES, max_size=5), st.data())
def test_a_document_is_the_same_however_it_is_cut(document: dict[str, Any], data: st.DataObject) -> None:
    """Each entry of the sections in any of the files, and the files in any order."""
    parts: list[dict[str, Any]] = [{}, {}, {}]
    origins = {}
    for way, value in entries(document, ()):
        number = data.draw(st.integers(0, 2))
        into = parts[number]
        for step in way[:-1]:
            into = into.setdefault(step, {})
        into[way[-1]], origins[way] = value, Path(str(number))
    merged = merge(data.draw(st.permutations([Part(Path(str(number)), part, None) for number, part in enumerate(parts)])), SECTIONS)
    assert merged.data == document
    assert {way: merged.part_of((*way, "below")).path for way in origins} == origins


def entries(tree: dict[str, Any], way: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    """What stands whole in one file, with the way to it."""
    found = []
    for key, value in tree.items():
        here = (*way, key)
        found += entries(value, here) if here in SECTIONS and isinstance(value, dict) and value else [(here, value)]
    return found


# A target that is like another one.

LIKE = """
name: outlet
describe: A shop by another way.
like: shop
services: {shop: {base: "http://127.0.0.1:2"}}
readback: {defaults: {headers: {X-Desk: other}}}
failover: {noticed: a word, deadline_s: 40, cannot: {primary-kill: nobody hands it over}}
"""


@pytest.fixture
def outlet(shop: Path) -> Path:
    """A target's file beside that folder."""
    file = shop.with_name("outlet.yaml")
    file.write_text(LIKE)
    return file


def test_target_that_is_like_another_has_all_that_it_does_not_say_itself(outlet: Path) -> None:
    """What it says stands instead, of a mapping key by key; the other one is as it was."""
    shop, like = load_target("shop"), load_target("outlet")
    assert (like.name, like.services["shop"].base) == ("outlet", "http://127.0.0.1:2")
    assert like.operations == shop.operations
    assert like.readback
    assert shop.readback
    assert like.readback.tables["sales"].headers == {"X-Desk": "other"} != shop.readback.tables["sales"].headers
    assert like == load_target(str(outlet))
    assert load_target("shop") == shop


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("like: shop", "like: shopp", r"outlet.yaml:4: like: there is no target 'shopp'; did you mean 'shop'"),
        ("like: shop", "like: outlet", r"outlet.yaml:4: like: outlet is itself like outlet; allowed: one that says all by itself"),
        ("like: shop", "like: [shop]", r"outlet.yaml:4: "),
        ("deadline_s: 40", "deadline_s: -1", r"outlet.yaml:7: failover.deadline_s"),
        ("primary-kill:", "Primary:", r"outlet.yaml:7: failover.cannot"),
        ("http://127.0.0.1:2", "nowhere", r"outlet.yaml:5: services.shop.base"),
    ],
)
def test_what_is_wrong_in_such_a_file_is_told_with_its_line(outlet: Path, old: str, new: str, told: str) -> None:
    """Of what it is like, and of what it says instead."""
    outlet.write_text(LIKE.replace(old, new))
    with pytest.raises(BadInput, match=told):
        load_target("outlet")


def test_what_is_wrong_in_the_other_one_is_told_with_that_ones_line(outlet: Path) -> None:
    """It is not this file's to mend."""
    (outlet.parent / "shop" / "looking.yaml").write_text(LOOKING.replace("path: /look", "path: look"))
    with pytest.raises(BadInput, match=r"shop/looking.yaml:3: operations.look.path"):
        load_target("outlet")
