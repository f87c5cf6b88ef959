"""Who comes: customers and their journeys, as Locust users. Judges nothing."""
