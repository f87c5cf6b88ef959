"""Reads the parts of a run folder, whatever lies there: what is whole, and a sentence with the file's name for each part that is not."""
