"""The switches of restocking."""

from mock_bank.services.kit.switches import Switch

RESTOCK_ASKS_BOTH = Switch("restock_asks_both", "what a supplier has delivered is ordered from the other one as well")
RESTOCK_TWICE = Switch("restock_twice", "a batch that came is added to the stock twice over")
RESTOCK_UNFORECAST = Switch("restock_unforecast", "more of a prize is ordered however long it lasts")
RESTOCK_UNBOUND = Switch("restock_unbound", "more of a prize is ordered than its plan allows")
