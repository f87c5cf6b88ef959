"""What is planned: the scenario, its phases, curves, gates and campaign, and how their files are read."""
