"""One drill, one file, named as in scenarios. A file put here is found; there is no list to edit."""
