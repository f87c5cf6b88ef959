"""The switches of advisers."""

from mock_bank.services.kit.switches import Switch

SLOT_TAKEN_TWICE = Switch("slot_taken_twice", "an adviser's hour is given to whoever asks for it")
VIP_HOURS_FOR_ALL = Switch("vip_hours_for_all", "hours that are gold customers' alone are given to whoever asks")
