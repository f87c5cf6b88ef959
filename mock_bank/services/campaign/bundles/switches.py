"""The switch of bundles."""

from mock_bank.services.kit.switches import Switch

BUNDLE_NOT_UNDONE = Switch("bundle_not_undone", "a plan stays open though there was no coupon left for it")
