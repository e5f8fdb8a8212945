"""What a model may use for one message: the commands of whoever asked, run as that person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from kit_tui.commands.command import Command
from kit_tui.domain.cards import Reply
from kit_tui.gateway.access import NotAllowedError, require_may_run
from kit_tui.gateway.answering import Answering, Asked
from kit_tui.gateway.context import TurnContext

if TYPE_CHECKING:
    from kit_tui.gateway.gateway import Gateway


class GatewayToolbox(msgspec.Struct, frozen=True):
    """The commands a model may use for one message: those this person may run, as this person."""

    gateway: Gateway
    answering: Answering
    asked: Asked
    model: str

    @property
    def commands(self) -> Sequence[Command]:
        return [c for c in self.asked.account.registry.all() if self._may_run(c)]

    async def run(self, command: Command, arguments: Mapping[str, Any]) -> Reply:
        """Run a command with typed arguments; a KitError is its refusal."""
        require_may_run(self.asked.principal, command)
        return await self.answering.run_bound(command, dict(arguments), self._context())

    def _may_run(self, command: Command) -> bool:
        try:
            require_may_run(self.asked.principal, command)
        except NotAllowedError:
            return False
        return True

    def _context(self) -> TurnContext:
        asked = self.asked
        return self.gateway.context(
            asked.principal, asked.said.text, asked.account, read_by=self.model
        )
