"""How full a node is, and how much it is to do at once."""
