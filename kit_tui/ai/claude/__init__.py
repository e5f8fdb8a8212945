"""Claude: the rung of the ladder that answers what the offline grammar does not."""
