"""Whether what the run left behind is whole, and shows what it should."""
