"""The switch of the stock."""

from mock_bank.services.kit.switches import Switch

ALLOW_OVERSELL = Switch("allow_oversell", "grants are not bound by the stock")
