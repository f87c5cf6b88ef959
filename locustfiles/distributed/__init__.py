"""Load from several machines: the master and its workers, what they say to each other, and how records travel."""
