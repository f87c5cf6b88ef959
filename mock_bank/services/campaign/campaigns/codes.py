"""What is said of a campaign, and of what it offers."""

from typing import Final

from mock_bank.services.kit.codes import NOT_FOUND, Code

NOT_STARTED: Final = Code("NOT_STARTED", 409, "not open yet")
ENDED: Final = Code("ENDED", 409, "over")
CAMPAIGN_PAUSED: Final = Code("CAMPAIGN_PAUSED", 503, "the campaign is paused")
ALREADY_EXISTS: Final = Code("ALREADY_EXISTS", 409, "it exists; say replace to start it afresh")
KILL_SWITCH_TRIPPED: Final = Code("KILL_SWITCH_TRIPPED", 409, "its kill switch has paused it; it takes two people to go on")
SOLD_OUT: Final = Code("SOLD_OUT", 409, "nothing is left")
LIMIT_REACHED: Final = Code("LIMIT_REACHED", 409, "the customer's limit is reached")
ALREADY_CLAIMED: Final = Code("ALREADY_CLAIMED", 409, "the customer has had this already")

CLOSED_TO_ALL: Final = (NOT_STARTED, ENDED, NOT_FOUND)
"""How `campaign.closed_to_all()` keeps a customer out."""

CLOSED: Final = (*CLOSED_TO_ALL, CAMPAIGN_PAUSED)
"""How `campaign.closed()` does."""
