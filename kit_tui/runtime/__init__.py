"""The composition root: builds a running engine and owns its life."""
