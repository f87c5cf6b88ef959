"""The defect that nothing can be read back."""
