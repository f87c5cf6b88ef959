"""The crowd engine: one event loop in one thread that drives every customer's journey straight from the sockets' callbacks."""
