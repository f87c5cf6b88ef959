"""The switch of the desk."""

from mock_bank.services.kit.switches import Switch

DESK_ASLEEP = Switch("desk_asleep", "nobody responds to tickets")
