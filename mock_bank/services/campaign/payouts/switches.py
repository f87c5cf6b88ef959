"""The switch of payouts."""

from mock_bank.services.kit.switches import Switch

ANY_DAY_WORKS = Switch("any_day_works", "holidays and weekends count as working days, and payments are promised for them")
