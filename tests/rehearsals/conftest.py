"""What the whole rehearsals share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rehearsing import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A user's own folder."""
    with Lab(tmp_path) as lab:
        yield lab
