"""The one-row bars around the panes."""
