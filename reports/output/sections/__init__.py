"""The report's sections, one a file; a file put here is found."""
