"""The process that breaks and heals: its client, its leases, and what to do when it is gone."""
