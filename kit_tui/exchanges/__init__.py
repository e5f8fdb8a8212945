"""Venues: the Exchange contract, paper, simulator, public market data and the feed."""
