"""The switch of collections."""

from mock_bank.services.kit.switches import Switch

STATEMENT_OF_ONE_CENTRE = Switch("statement_of_one_centre", "a merchant's statement leaves out what was paid in centre B")
