"""The features that every service has; in their SQL `{schema}` stands for the service's own schema."""
