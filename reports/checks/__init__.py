"""What is asked of a run, one question a file; a file put here, or into a room below, is found."""
