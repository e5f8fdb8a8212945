"""Tests of venues: simulator, matching, paper, public market data, feed."""
