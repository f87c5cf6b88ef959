"""The switch of claims."""

from mock_bank.services.kit.switches import Switch

ALWAYS_SOLD_OUT = Switch("always_sold_out", "everybody is told that it is sold out")
