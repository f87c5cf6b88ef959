"""Charts: matplotlib draws them with text as text, and the page gives them its colours, light and dark."""

import logging

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # who has no home, or a closed one, need not hear that its cache is a temporary one
