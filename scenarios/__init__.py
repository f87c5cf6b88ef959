"""What is planned, and what was recorded: the nouns that everyone shares. Imports no other folder of the project."""
