"""Idempotency: the answer to a key is kept in the transaction of its effect, and told again byte for byte."""
