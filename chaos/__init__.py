"""What breaks: faults, drills, and the watchdog that heals. Generates no customer load."""
