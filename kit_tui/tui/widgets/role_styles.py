"""Colour roles to styles: what `profit` or `loss:half` looks like in the theme of the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.widget import Widget

# Theme variables to try for a role, in order, when the theme does not name the role itself.
_INSTEAD: Final[Mapping[str, tuple[str, ...]]] = {
    "profit": ("success",),
    "loss": ("error",),
    "long": ("profit", "success"),
    "short": ("loss", "error"),
    "live": ("warning",),
    "warn": ("warning",),
    "paper": ("info", "primary"),
    "halt": ("error",),
    "overlay1": ("paper", "info", "strong", "foreground"),
    "overlay2": ("muted",),
    "overlay3": ("muted",),
    "fg": ("foreground",),
    "track": ("border",),
}
# Without any variable a role is the foreground, mixed into the background by this share.
_SHARE: Final[Mapping[str, float]] = {
    "muted": 0.65, "overlay2": 0.65, "faint": 0.5, "overlay3": 0.5, "stale": 0.55, "meter": 0.35,
    "border": 0.25, "track": 0.25, "grid": 0.2,
}  # fmt: skip
_STRENGTH: Final = {"half": 0.5, "dim": 0.7}


class RoleStyles:
    """Styles of roles on a widget's background, made anew when theme or background change."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._variables: Mapping[str, str] | None = None
        self._background = Color(0, 0, 0)
        self._styles: dict[str, Style] = {}

    def sync(self) -> bool:
        """Look at theme and background; True when styles given out before are out of date."""
        variables = self._widget.app.theme_variables
        background = self._widget.background_colors[1]
        if variables is self._variables and background == self._background:
            return False
        self._variables, self._background = variables, background
        self._styles.clear()
        return True

    def __getitem__(self, role: str) -> Style:
        """The style of `name` or `name:modifier`; modifiers: half, dim, bold, reverse."""
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = self._make(role)
        return style

    def _make(self, role: str) -> Style:
        name, _, modifier = role.partition(":")
        color = self.color(name)
        weak = modifier in _STRENGTH
        blends = color.ansi is None and self._background.ansi is None
        if weak and blends:
            color = self._background.blend(color, _STRENGTH[modifier])
        return Style(
            color=color.rich_color,
            bgcolor=self._background.rich_color,
            bold=modifier == "bold",
            reverse=modifier == "reverse",
            # The sixteen terminal colours cannot be mixed; the terminal has a faint of its own.
            dim=weak and not blends,
        )

    def _candle_colors(self) -> tuple[Color, Color]:
        """A line in the colour of the candles could not be told from them."""
        return self.color("profit"), self.color("loss")

    def color(self, name: str) -> Color:
        """The colour of a role without modifiers, by theme, its stand-ins, or the foreground."""
        variables = self._variables or {}
        for variable in (name, *_INSTEAD.get(name, ())):
            found = _parsed(variables.get(variable))
            if found is not None and not (name == "overlay1" and found in self._candle_colors()):
                return found
        foreground = _parsed(variables.get("foreground")) or self._background.inverse
        share = _SHARE.get(name)
        if share is None or foreground.ansi is not None or self._background.ansi is not None:
            return foreground
        return self._background.blend(foreground, share)


def _parsed(value: str | None) -> Color | None:
    """A colour from a theme variable; None for what is no colour, such as `auto 87%`."""
    if not value:
        return None
    try:
        return Color.parse(value)
    except ColorParseError:
        return None
