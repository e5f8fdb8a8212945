"""Tests of the trading engine."""
