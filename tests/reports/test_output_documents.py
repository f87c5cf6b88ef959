"""What pull requests and pipelines read is as it was, and true to the verdict."""

import os
from pathlib import Path
from xml.etree import ElementTree as ET

import orjson
import pytest
from handmade_stories import healthy, lost, rendered

from reports.formatting import number

GOLDEN = Path(__file__).parent / "golden"


STORIES = {"healthy": healthy, "lost": lost}
UPDATE = "STORMDRILL_UPDATE_GOLDEN"


@pytest.mark.parametrize("document", ["summary.md", "verdict.json", "junit.xml"])
@pytest.mark.parametrize("name", STORIES)
def test_documents_are_as_they_were(tmp_path: Path, name: str, document: str) -> None:
    """Golden files. STORMDRILL_UPDATE_GOLDEN=1 writes them anew; look at the difference before committing it."""
    found = (rendered(STORIES[name](tmp_path / "run")) / document).read_text("utf-8")
    path = GOLDEN / f"{name}-{document}"
    if os.environ.get(UPDATE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


def test_pipelines_see_failures_errors_and_skips(tmp_path: Path) -> None:
    """JUnit counts are those of the findings."""
    story = lost(tmp_path / "run")
    story.absent.add("windows")
    folder = rendered(story)
    statuses = [finding["status"] for finding in orjson.loads((folder / "verdict.json").read_bytes())["findings"]]
    suite = ET.fromstring((folder / "junit.xml").read_bytes())[0]  # noqa: S314 - our own
    counted = {"failures": "FAIL", "errors": "INVALID", "skipped": "SKIPPED"}
    assert {name: int(suite.attrib[name]) for name in counted} == {name: statuses.count(status) for name, status in counted.items()}
    assert all(statuses.count(status) for status in counted.values())
    assert int(suite.attrib["tests"]) == len(statuses) == len(suite)


@pytest.mark.parametrize(("value", "shown"), [(-0.0004, "0"), (0.0, "0"), (-1.5, "-1.5"), (1234.0, "1,234"), (None, "–")])
def test_a_figure_has_as_many_digits_as_it_needs(value: float | None, shown: str) -> None:
    """And nothing is less than nothing."""
    assert number(value) == shown
