"""One suite of numbered cards which every venue passes, real or simulated.

A venue joins by a `Harness` (see `harness.py`) and a test class of the three groups of cards.
"""
