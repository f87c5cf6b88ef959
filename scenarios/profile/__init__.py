"""What an access log tells of a crowd: its mix, arrivals, think times and skew, as a scenario; and nobody's data."""
