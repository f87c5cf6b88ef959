"""Where everything of a world is: folders, addresses, the settings it was started with, and topology.json."""
