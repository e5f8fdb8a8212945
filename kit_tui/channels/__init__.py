"""Transports behind the gateway: thin skins which carry messages."""
