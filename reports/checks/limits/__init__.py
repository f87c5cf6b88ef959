"""What the scenario allows."""
