"""The switch of pop-ups."""

from mock_bank.services.kit.switches import Switch

POPUP_WITHOUT_CAP = Switch("popup_without_cap", "a customer is shown pop-ups without end")
