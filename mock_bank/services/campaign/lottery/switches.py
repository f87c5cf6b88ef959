"""The switch of the lottery."""

from mock_bank.services.kit.switches import Switch

LOTTERY_ODDS_HALVED = Switch("lottery_odds_halved", "prizes are won half as often as is published")
