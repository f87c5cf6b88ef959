"""The switch of streaks."""

from mock_bank.services.kit.switches import Switch

STREAK_A_DAY_MORE = Switch("streak_a_day_more", "a streak is counted a day longer than it is")
