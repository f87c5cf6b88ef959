"""What is said where a supplier is not called."""

from typing import Final

from mock_bank.services.kit.codes import Code

CIRCUIT_OPEN: Final = Code("CIRCUIT_OPEN", 503, "a supplier is out of order and is not called for now; nothing was done")
