"""The world's daemon: starts every part, keeps it running, answers for it."""
