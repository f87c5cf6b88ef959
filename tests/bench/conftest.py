"""The benches are programs beside the product, found from the project's folder."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.append(str(ROOT))
