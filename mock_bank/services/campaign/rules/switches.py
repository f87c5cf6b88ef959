"""The switches of the rules page."""

from mock_bank.services.kit.switches import Switch

OLD_RULES_ACCEPTED = Switch("old_rules_accepted", "rules that have changed meanwhile can still be accepted")
GRANTS_NAME_FIRST_RULES = Switch("grants_name_first_rules", "a grant names the first version of the rules, whatever is in force")
