"""The run folder that is bent is one that is written by hand for the reports' tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))
