"""Colour roles as Rich styles, made from the theme in use."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color, ColorParseError

# What a role falls back to when a theme does not name it.
FALLBACKS: dict[str, str] = {
    "fg": "foreground", "strong": "foreground", "muted": "foreground", "faint": "foreground",
    "select": "panel", "border": "foreground", "profit": "success", "loss": "error",
    "long": "primary", "short": "secondary", "warn": "warning", "stale": "foreground",
    "info": "primary", "paper": "primary", "live": "warning", "live_text": "background",
    "live_tint": "panel", "halt": "error", "halt_text": "foreground", "meter": "foreground",
    "track": "foreground",
}  # fmt: skip

_WORDS = {"bold": Style(bold=True), "dim": Style(dim=True), "reverse": Style(reverse=True)}


class Palette:
    """Styles by role for one theme."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._styles: dict[str, Style] = {}

    def style(self, role: str, ground: str = "background") -> Style:
        """The style of a role on a ground; unknown roles are drawn as `fg`."""
        key = role if "on_" in role else f"{role} on_{ground}"
        found = self._styles.get(key)
        if found is None:
            found = self._styles[key] = self._build(key)
        return found

    def colour(self, role: str) -> Color:
        """The colour of a role."""
        name = role
        for _ in range(4):
            value = self._variables.get(name.replace("_", "-")) or self._variables.get(name)
            if value is not None:
                try:
                    return Color.parse(value)
                except ColorParseError:
                    pass
            name = FALLBACKS.get(name, "foreground")
        return Color(128, 128, 128)

    def _build(self, key: str) -> Style:
        attributes = Style()
        colour: Color | None = None
        ground: Color | None = None
        for word in key.split():
            if word in _WORDS:
                attributes += _WORDS[word]
            elif word.startswith("on_"):
                ground = self.colour(word[3:])
            elif colour is None:
                colour = self.colour(word)
        style = Style.from_color(
            colour.rich_color if colour else None, ground.rich_color if ground else None
        )
        return style + attributes
