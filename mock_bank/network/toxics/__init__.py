"""What can go wrong with a stream: one toxic, one file; its fields are its attributes in the API.

A new toxic is a new file here with a subclass of `Toxic` and the stage that does it; nothing else has to know.
"""
