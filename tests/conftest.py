"""For all tests: properties are judged by what they say, not by how fast this machine is; and Ctrl-C reaches the programs under test."""

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

# A shell that runs the tests in the background has them ignore SIGINT, and whatever they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
