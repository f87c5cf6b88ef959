"""The switch of beacons."""

from mock_bank.services.kit.switches import Switch

EVERY_SECOND_SEEN = Switch("every_second_seen", "only every second report of what was seen is counted")
