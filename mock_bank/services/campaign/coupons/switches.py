"""The switch of coupons."""

from mock_bank.services.kit.switches import Switch

MANUAL_REDEEMS_AGAIN = Switch("manual_redeems_again", "what is being redeemed with the supplier is redeemed by hand as well")
