"""The bank and the reference campaign service: the nodes that answer customers."""
