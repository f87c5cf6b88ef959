"""Locust's HttpUser."""

from bench.kit.locusts import program

PEER = program("HttpUser")
