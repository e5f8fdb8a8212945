"""Pure functions on candle arrays."""
