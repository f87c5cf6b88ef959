"""What features are written with. It knows none of them."""
