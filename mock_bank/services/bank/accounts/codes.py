"""What is said of an account."""

from typing import Final

from mock_bank.services.kit.codes import Code

ACCOUNT_NOT_FOUND: Final = Code("ACCOUNT_NOT_FOUND", 404, "no such account")
ALREADY_PAID: Final = Code("ALREADY_PAID", 409, "this order has been paid")
INSUFFICIENT_FUNDS: Final = Code("INSUFFICIENT_FUNDS", 409, "insufficient funds")
