"""The switch of advisers."""

from mock_bank.services.kit.switches import Switch

SLOT_TAKEN_TWICE = Switch("slot_taken_twice", "an adviser's hour is given to whoever asks for it")
