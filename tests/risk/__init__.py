"""Tests of the risk manager."""
