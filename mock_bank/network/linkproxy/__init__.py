"""The TCP fault proxy: a link's stream passes through stages, each of which one toxic has put there."""
