"""The reference campaign service."""
