"""What looks like a secret in a settings file, and where it belongs instead."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(
    r"(api|secret|private|access|signing)_?key(_id)?$"
    r"|secret$|token$|passw(or)?d$|passphrase$|credentials?$|mnemonic$|(^|_)seed_?phrase$",
    re.IGNORECASE,
)
# An Anthropic key, a Telegram bot token, a PEM block: shapes nothing else in a setting has.
_VALUE = re.compile(r"sk-ant-[\w-]{8,}|\b\d{8,10}:[A-Za-z0-9_-]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY")


def is_secret_name(key: str) -> bool:
    """Whether a key by its name holds a secret: `apiKey`, `api_key`, `botToken`, `secret`, …"""
    return _NAME.search(key.replace("-", "_")) is not None


def is_secret_value(value: object) -> bool:
    """Whether a text has the shape of a known kind of key."""
    return isinstance(value, str) and _VALUE.search(value) is not None


def where_instead(path: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """Which environment variable takes this secret, as a sentence."""
    name = variable_for(path)
    if environ.get(name):
        return f"{name} is set in the environment already: delete this line."
    if path[0].lower() == "exchanges" and len(path) > 2:
        return (
            "Delete this line, change the secret if others saw it, and type it into "
            f"kit connect {path[1]}, or set {name} in the environment."
        )
    return (
        f"Delete this line, change the secret if others saw it, and set {name} in the environment."
    )


def variable_for(path: tuple[str, ...]) -> str:
    """The environment variable for the secret that stands at this path of a file."""
    words = [part.lower() for part in path]
    if "telegram" in words:
        return "KIT_TELEGRAM_BOT_TOKEN"
    if "discord" in words:
        return "KIT_DISCORD_BOT_TOKEN"
    if "gateway" in words:
        return "KIT_GATEWAY_TOKEN"
    if words[0] == "exchanges" and len(words) > 2:
        venue = re.sub(r"\W", "_", words[1]).upper()
        return f"KIT_{venue}_{'SECRET' if 'secret' in words[-1] else 'API_KEY'}"
    if words[0] in {"engine", "ai"} or "anthropic" in words:
        return "ANTHROPIC_API_KEY"
    return "the matching KIT_… variable"
