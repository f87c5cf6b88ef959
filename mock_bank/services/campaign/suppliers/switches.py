"""The switches of the circuit breakers."""

from mock_bank.services.kit.switches import Switch

BREAKER_NEVER_PROBES = Switch("breaker_never_probes", "a circuit breaker that has opened stays open")
BREAKER_FORGETS = Switch("breaker_forgets", "a node that is started again has all its circuit breakers closed")
BREAKER_ADMITS_ALL = Switch("breaker_admits_all", "a half-open circuit breaker lets every call through")
