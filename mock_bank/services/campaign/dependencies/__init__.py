"""What a node depends on and does not have itself, each behind a circuit breaker: their states, and the refusal while one is open."""
