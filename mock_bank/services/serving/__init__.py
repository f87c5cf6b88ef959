"""What runs a service: its features put together, HTTP in front, the database behind, and the warm-up."""
