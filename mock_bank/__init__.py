"""Where it happens by default: two data centres with a bank and a reference campaign service. Knows no harness."""
