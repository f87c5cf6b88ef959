"""What people and pipelines read: the report, its charts and sections, the summary."""
