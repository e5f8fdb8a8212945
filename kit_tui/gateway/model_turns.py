"""Turns of the language model: one at a time for each person, shown while they run."""

from __future__ import annotations

from kit_tui.domain.message import Principal


class ModelTurns:
    """The turns that are under way."""

    def interrupt(self, principal: Principal) -> bool:
        """Break off the turn of a person; whether there was one."""
        del principal
        return False
