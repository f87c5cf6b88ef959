"""The switch of booths."""

from mock_bank.services.kit.switches import Switch

GIFT_AGAIN = Switch("gift_again", "who asks for the gift again has another one")
