"""The switches of landing pages."""

from mock_bank.services.kit.switches import Switch

LAST_LINK_WINS = Switch("last_link_wins", "a customer who follows a second link is owed to that one")
SOURCE_COUNTS_TWICE = Switch("source_counts_twice", "a link counts each customer twice")
