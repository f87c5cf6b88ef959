"""What a challenge says to whatever needs one."""

from typing import Final

from mock_bank.services.kit.codes import Code

RISK_CHALLENGE: Final = Code("RISK_CHALLENGE", 401, "answer the challenge, and ask again with the same key")
