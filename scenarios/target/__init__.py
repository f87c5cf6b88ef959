"""What a target's file says: its model, and how its operations become requests and its answers outcomes."""
