"""Small display pieces used by the panes."""
