"""Charts: matplotlib draws them with text as text, and the page gives them its colours, light and dark."""

import logging
import os

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # who has no home, or a closed one, need not hear that its cache is a temporary one

from matplotlib import get_cachedir  # noqa: E402 - it would say so while it is imported

os.environ.setdefault("XDG_CACHE_HOME", get_cachedir())  # nor from fontconfig, which is asked for fonts, that it has no place for its own
