"""How the control plane speaks to a target: requests by the target's file, and the read-back."""
