"""Whether the load generator kept what it promised."""
