"""A drill as an exercise that people held: its moments, what it leaves to do, and the record that is signed."""
