"""What it meant: measures, checks, verdict, pictures. Never talks to the target."""
