"""The switches of parcels."""

from mock_bank.services.kit.switches import Switch

PARCELS_AGAIN = Switch("parcels_again", "whoever says another address is sent the prize once more")
PARCELS_FOR_ANYBODY = Switch("parcels_for_anybody", "whoever knows the number of another's right is sent the prize")
BEST_PRIZE_FOR_ALL = Switch("best_prize_for_all", "customers of every tier are sent what is gold customers'")
