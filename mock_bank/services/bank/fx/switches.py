"""The switches of foreign money."""

from mock_bank.services.kit.switches import Switch

DEAL_AT_TODAYS_RATE = Switch("deal_at_todays_rate", "a deal is made at the rate of the moment, whatever its quote showed")
QUOTES_NEVER_EXPIRE = Switch("quotes_never_expire", "a quote is honoured when its time is long over")
