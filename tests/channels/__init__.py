"""Tests of channels against loopback servers that speak the real protocol."""
