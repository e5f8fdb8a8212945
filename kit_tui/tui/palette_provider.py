"""The command palette's one provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit_tui.tui.app import KitApp


def open_palette(app: KitApp) -> None:
    """Open the palette over the present screen."""
    from textual.command import CommandPalette

    if app.use_command_palette and not CommandPalette.is_open(app):
        app.push_screen(CommandPalette(id="--command-palette"))
