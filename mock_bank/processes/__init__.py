"""Child processes, by pid and start time."""
