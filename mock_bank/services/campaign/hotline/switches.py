"""The switch of the lines."""

from mock_bank.services.kit.switches import Switch

LAST_CALLER_FIRST = Switch("last_caller_first", "agents take whoever has called last")
