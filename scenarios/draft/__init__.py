"""A target's file begun from what a service already publishes of itself."""
