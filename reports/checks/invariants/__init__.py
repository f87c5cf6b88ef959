"""What must hold whatever happens: a breach is proof."""
