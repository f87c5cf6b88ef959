"""The switch of the task ladder."""

from mock_bank.services.kit.switches import Switch

RUNGS_UNLOCKED = Switch("rungs_unlocked", "a rung of the ladder can be done before the one below it")
