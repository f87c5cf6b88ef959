"""Two PostgreSQL servers: their binaries and files, what they say, and which of them leads."""
