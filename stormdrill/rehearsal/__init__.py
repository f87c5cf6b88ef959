"""One rehearsal, from the checks before it to the verdict after it."""
