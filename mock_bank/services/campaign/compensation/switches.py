"""The switch of compensation."""

from mock_bank.services.kit.switches import Switch

COMPENSATE_AGAIN = Switch("compensate_again", "whoever complains again is compensated again")
