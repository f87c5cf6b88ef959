"""What was recorded: the run folder, its records and events, and how it looks while it grows."""
