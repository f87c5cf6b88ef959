"""The switches of exchanges."""

from mock_bank.services.kit.switches import Switch

POINTS_ON_CREDIT = Switch("points_on_credit", "goods are given for points that the customer does not have")
REFUND_TWICE = Switch("refund_twice", "points are given back twice where the supplier fails")
