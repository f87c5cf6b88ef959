"""The switch of registration."""

from mock_bank.services.kit.switches import Switch

CODE_OF_ANYBODY = Switch("code_of_anybody", "a code is good for whoever shows it")
