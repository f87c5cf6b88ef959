"""Tables: printed, and put between their markers on a page. The words around them are written by hand."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median

PAGE = Path(__file__).parent.parent.parent / "docs" / "performance.md"


def parser(about: str) -> argparse.ArgumentParser:
    """Options that every bench has."""
    made = argparse.ArgumentParser(description=about.splitlines()[0])
    made.add_argument("--page", type=Path, help="a page whose tables are replaced by what is measured")
    made.add_argument("--write", dest="page", action="store_const", const=PAGE, help="the same for docs/performance.md")
    return made


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with its columns aligned: the first to the left, the others to the right."""
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        return f"| {' | '.join(cells)} |"

    ruler = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), f"| {' | '.join(ruler)} |", *(line(row) for row in rows)])


def spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Least to most."""
    return f"{form.format(min(values))} to {form.format(max(values))}"


def middle(values: Sequence[float], form: str = "{:.2f}") -> str:
    """The median."""
    return form.format(median(values))


def replaced(text: str, name: str, table: str) -> str:
    """The page's text with that table between its markers.

    Raises:
        SystemExit: the page has no such markers.
    """
    found = _between(text, name)
    return f"{text[: found.start(1)]}{table}\n{text[found.end(1) :]}"


def table_of(text: str, name: str) -> str:
    """The table that stands between its markers."""
    return _between(text, name)[1]


def _between(text: str, name: str) -> re.Match[str]:
    found = re.search(rf"<!-- {re.escape(name)} -->\n(.*?)<!-- end of {re.escape(name)} -->", text, re.DOTALL)
    if found is None:
        raise SystemExit(f"bench: the page has no markers '<!-- {name} -->' and '<!-- end of {name} -->'")
    return found


def show(page: Path | None, name: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table, and puts it on the page where there is one."""
    table = markdown(head, rows)
    print(f"\n{table}\n", flush=True)
    if page is not None:
        page.write_text(replaced(page.read_text(), name, table))
