"""How the things that faults break are reached: processes, links, the world's own supervisor. Everything has a deadline."""
