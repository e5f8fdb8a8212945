"""K.I.T.: a trading terminal you talk to. Rooms and rules are in docs/architecture.md."""

__version__ = "0.1.0"
