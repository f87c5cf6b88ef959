"""Tables reach the page, and the words around them stay."""

import re
from pathlib import Path

import pytest

from bench.kit.goals import GOALS, HEAD, filled
from bench.kit.page import PAGE, markdown, replaced, show, table_of

BENCH = Path(__file__).parent.parent.parent / "bench"
TEXT = "before\n<!-- goals -->\n<!-- end of goals -->\nbetween\n<!-- speed post -->\nold\n<!-- end of speed post -->\nafter\n"


def test_a_table_is_aligned() -> None:
    """So that it can be read on a terminal too."""
    assert markdown(("a", "bb"), [("xyz", "1")]) == "| a   | bb |\n| :-- | -: |\n| xyz |  1 |"


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    """Writing twice is writing once."""
    once = replaced(TEXT, "speed post", "| new |")
    assert once == TEXT.replace("old", "| new |")
    assert replaced(once, "speed post", "| new |") == once
    assert table_of(once, "speed post") == "| new |\n"


def test_a_page_without_the_markers_is_named() -> None:
    """Rather than left as it was."""
    with pytest.raises(SystemExit, match="no markers '<!-- lag -->'"):
        replaced(TEXT, "lag", "")


def test_a_goal_says_whether_it_is_met_and_leaves_the_others() -> None:
    """One bench alone does not undo what another has measured."""
    text = filled(filled(TEXT, {"post-fast": 11.234, "added": 0.7}), {"post-wrk": 0.6})
    rows = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in table_of(text, "goals").splitlines()}
    assert rows[HEAD[0]] == list(HEAD[1:])
    assert rows[GOALS["post-fast"].what] == ["≥ 10 ×", "11.2 ×", "yes"]
    assert rows[GOALS["added"].what] == ["≤ 0.50 ms", "0.70 ms", "no"]
    assert rows[GOALS["post-wrk"].what] == ["≥ 0.60 ×", "0.60 ×", "yes"]
    assert rows[GOALS["memory"].what] == ["≤ 20.0 MB", "not measured", ""]


def test_goals_have_names_of_their_own() -> None:
    """They are the key of their row."""
    assert len({goal.what for goal in GOALS.values()}) == len(GOALS)


def test_without_a_page_a_table_is_only_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """An ordinary bench leaves the tree as it is."""
    show(None, "lag", ("a", "b"), [("1", "2")])
    assert "| 1 | 2 |" in capsys.readouterr().out
    page = tmp_path / "page.md"
    page.write_text(TEXT)
    show(page, "speed post", ("a", "b"), [("1", "2")])
    assert "| 1 | 2 |" in page.read_text()


def test_the_page_has_a_place_for_every_table() -> None:
    """And for no other."""
    shown = {name for path in BENCH.glob("*.py") for name in re.findall(r'show\([^,]+, "([^"]+)"', path.read_text())}
    shown |= {f"speed {work}" for work in ("post", "json", "journey")} | {"truth 200", "truth 2000", "goals", "machine"}
    assert set(re.findall(r"<!-- end of (.*) -->", PAGE.read_text())) == shown


def test_every_bench_is_on_the_page_or_named_by_its_table() -> None:
    """A bench that nobody knows of is not run."""
    text = PAGE.read_text()
    for path in BENCH.glob("[!_]*.py"):
        assert re.search(rf"<!-- {path.stem}( \w+)? -->", text), path.name
