"""Tests of the journal, its file, the codec and the trading state."""
