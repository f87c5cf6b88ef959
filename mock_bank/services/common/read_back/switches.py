"""The switch of the read-back."""

from mock_bank.services.kit.switches import HIDDEN_READ_BACK, Switch

NO_READ_BACK = Switch(HIDDEN_READ_BACK, "the operator's read-back is not there")
