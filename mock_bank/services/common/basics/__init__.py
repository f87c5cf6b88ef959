"""What every other feature's SQL builds on."""
