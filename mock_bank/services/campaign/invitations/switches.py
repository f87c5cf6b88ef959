"""The switches of invitations."""

from mock_bank.services.kit.switches import Switch

COUPON_FOR_EVERY_FRIEND = Switch("coupon_for_every_friend", "every verified friend from the last that is needed on earns another coupon")
INVITE_ONESELF = Switch("invite_oneself", "customers may invite themselves")
