"""The door: the command line, and the one loop that runs a rehearsal. Holds no domain logic."""
