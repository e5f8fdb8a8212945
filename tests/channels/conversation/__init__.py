"""One conversation suite: its cases are written once and run on every messaging service."""
