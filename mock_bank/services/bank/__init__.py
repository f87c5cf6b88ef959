"""The bank."""
