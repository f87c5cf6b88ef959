"""The switch of low-carbon points."""

from mock_bank.services.kit.switches import Switch

CARBON_WITHOUT_CAP = Switch("carbon_without_cap", "a customer earns low-carbon points without end")
