"""What judges a run: every check called, and the verdict written."""
