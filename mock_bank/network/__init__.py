"""What stands between the parts: the gateway (HAProxy) and the link proxy with its toxics."""
