"""Typed settings, locations and the files that hold them."""
