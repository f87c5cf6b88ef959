"""The switches of the privilege."""

from mock_bank.services.kit.switches import Switch

FEE_WAIVED_FOR_ALL = Switch("fee_waived_for_all", "customers who are not gold are spared the fee as well")
PRIVILEGE_WITHOUT_END = Switch("privilege_without_end", "gold customers are spared the fee at any time, and as often as they like")
