"""Locust's FastHttpUser."""

from bench.kit.locusts import program

PEER = program("FastHttpUser")
