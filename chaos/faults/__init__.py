"""One fault, one file: its fields are its configuration. A file put here is found; there is no list to edit."""
