"""Answering a question with a digit, without taking the first digit of `100` for a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

from kit_tui.domain.cards import QuestionCard
from kit_tui.state.slices import CONVERSATION
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.view import View

if TYPE_CHECKING:
    from kit_tui.tui.cards.answers import Asked
    from kit_tui.tui.panes.chat import ChatPane

PICK_S = 0.4
"""A digit answers a question unless more is typed within this time."""


class Choosing:
    """The open question of the chat pane and the choice that was typed for it."""

    def __init__(self, chat: ChatPane) -> None:
        self._chat = chat
        self._picked = 0
        self._before = ""
        self._timer: Timer | None = None

    def question(self, view: View) -> QuestionCard | None:
        """The question that can be answered now; none while an answer is on its way."""
        if not view.get(CONVERSATION) or self._chat.work.is_on_here:
            return None
        from kit_tui.tui.panes.spoken import open_question

        found = open_question(view)
        return found[1] if found is not None else None

    def asked(self, view: View) -> Asked:
        """How the newest question stands, for whoever draws it."""
        from kit_tui.tui.cards.answers import Asked

        if self.question(view) is None:
            return Asked()
        return Asked(True, not self._chat.prompt.text or bool(self._picked), self._picked)

    def hints(self) -> tuple[str, ...]:
        """`1-3 answer` while digits answer a question."""
        card = self.question(self._chat.working_view)
        if card is None or self._chat.prompt.text:
            return ()
        count = min(9, len(card.choices))
        return ("1 answer" if count == 1 else f"1-{count} answer",)

    def choice_of(self, text: str) -> int:
        """The choice which a text means: a single digit while a question is open; else 0."""
        card = self.question(self._chat.working_view)
        if card is None or len(text) != 1 or text not in "123456789":
            return 0
        return int(text) if int(text) <= len(card.choices) else 0

    def typed(self, text: str) -> None:
        """Mark the choice that was typed; it is taken when nothing more follows for a moment."""
        if self._timer is not None:
            self._timer.stop()
        # What is left of a longer text that is being deleted is no choice.
        self._picked = 0 if self._before else self.choice_of(text)
        self._before = text
        self._timer = self._chat.set_timer(PICK_S, self._take) if self._picked else None

    def _take(self) -> None:
        if self._picked and self._chat.prompt.text == str(self._picked):
            self.answer(self._picked)

    def answer(self, number: int) -> bool:
        """Answer the open question with a choice; False if there is none of this number."""
        card = self.question(self._chat.working_view)
        if card is None or not 0 < number <= len(card.choices):
            return False
        self._picked = 0
        self._chat.kit.link.send(safe_line(card.choices[number - 1]))
        return True
