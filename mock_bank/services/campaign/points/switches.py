"""The switch of points."""

from mock_bank.services.kit.switches import Switch

DOUBLE_POINTS_ALWAYS = Switch("double_points_always", "points are doubled outside the window too")
