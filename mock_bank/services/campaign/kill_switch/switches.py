"""The switches of the kill switch."""

from typing import Final

from mock_bank.services.kit.switches import Switch

DEAF_TO_SENTIMENT: Final = Switch("deaf_to_sentiment", "the kill switch does not hear what is said of the campaign")
ONE_SIGNATURE: Final = Switch("one_signature", "whoever asked may let a paused campaign go on himself")
PAUSES_ONE_CENTRE: Final = Switch("pauses_one_centre", "a pause holds in centre A only")
