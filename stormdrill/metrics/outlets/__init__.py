"""Where figures go: one way, one file, named as `--metrics NAME:PLACE`. A file put here is found; there is no list to edit."""
