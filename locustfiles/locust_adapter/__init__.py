"""Where the engine meets Locust: its events, its runners, its tables and its web page."""
