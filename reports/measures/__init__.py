"""Pure functions over what was recorded: each figure of the report has its definition here, once."""
