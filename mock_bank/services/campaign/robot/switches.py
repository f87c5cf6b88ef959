"""The switch of the robot."""

from mock_bank.services.kit.switches import Switch

ROBOT_GUESSES = Switch("robot_guesses", "the robot gives everybody the first answer of its book")
