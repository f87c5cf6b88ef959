"""The switch of the report on what a customer spends."""

from mock_bank.services.kit.switches import Switch

SPENDING_OF_ONE_CENTRE = Switch("spending_of_one_centre", "the report on what a customer spends leaves out what was paid in centre B")
