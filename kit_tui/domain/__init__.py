"""Frozen values and pure rules of trading. No I/O and no event loop live here."""
