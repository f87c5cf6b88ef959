"""Patroni beside the two databases: who leads is its to decide, where a world is started so; this world then only looks on."""
