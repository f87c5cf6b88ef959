"""Health, and the proof of which world a node belongs to."""
