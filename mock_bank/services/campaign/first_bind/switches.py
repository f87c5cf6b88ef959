"""The switch of the first-bind discount."""

from mock_bank.services.kit.switches import Switch

DISCOUNT_FOR_EVERY_CARD = Switch("discount_for_every_card", "the first-bind discount is given again and again")
