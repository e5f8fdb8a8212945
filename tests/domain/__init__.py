"""Tests of the domain: values and pure rules."""
