"""Replies as rows: one module per kind of card."""
