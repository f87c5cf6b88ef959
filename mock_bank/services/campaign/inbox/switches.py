"""The switches of the message centre."""

from mock_bank.services.kit.switches import Switch

PUSH_AGAIN = Switch("push_again", "the first letter is pushed again and again")
PUSH_WITHOUT_CAP = Switch("push_without_cap", "a customer is pushed letters without end")
UNREAD_NEVER_FALLS = Switch("unread_never_falls", "what a customer has read still counts as unread")
