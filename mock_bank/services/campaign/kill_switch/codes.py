"""Why a campaign that its kill switch has paused does not go on."""

from typing import Final

from mock_bank.services.kit.codes import Code
from mock_bank.services.kit.kill_switch import Refusal

NOT_TRIPPED: Final = Code("NOT_TRIPPED", 409, Refusal.NOT_TRIPPED.value)
NO_AUTHORITY: Final = Code("NO_AUTHORITY", 403, Refusal.NO_AUTHORITY.value)
STILL_GRAVE: Final = Code("STILL_GRAVE", 409, Refusal.STILL_GRAVE.value)
SAME_PERSON: Final = Code("SAME_PERSON", 403, Refusal.SAME_PERSON.value)
BAD_RESUME_TOKEN: Final = Code("BAD_RESUME_TOKEN", 409, Refusal.VOID.value)

OF: Final = {
    Refusal.NOT_TRIPPED: NOT_TRIPPED,
    Refusal.NO_AUTHORITY: NO_AUTHORITY,
    Refusal.STILL_GRAVE: STILL_GRAVE,
    Refusal.SAME_PERSON: SAME_PERSON,
    Refusal.VOID: BAD_RESUME_TOKEN,
}
