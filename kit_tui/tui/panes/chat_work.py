"""The model at work as the chat pane shows it: what it does, for how long, and breaking it off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

from kit_tui.state.slices import CONVERSATION
from kit_tui.tui.channels import asker_names, asker_of
from kit_tui.tui.panes.chat_rows import scanner
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import BLANK, Row, cut, row, width_of
from kit_tui.tui.turns import LINGER_S, doing, is_local, live_turns
from kit_tui.tui.view import View

if TYPE_CHECKING:
    from kit_tui.tui.panes.chat import ChatPane

SCANNER_CELLS = 10


class Work:
    """What is being answered: messages on their way, and turns of the model."""

    def __init__(self, chat: ChatPane) -> None:
        self._chat = chat
        self._sending_since: float | None = None
        self._stopping = False
        self._stopped: frozenset[str] = frozenset()
        self._scanner: Timer | None = None
        self._step = 0

    @property
    def can_stop(self) -> bool:
        """Whether an answer asked for here is being given and Esc would break it off."""
        return self.is_on_here and not self._stopping

    @property
    def is_on_here(self) -> bool:
        """Whether an answer asked for at this machine is being given."""
        turns = live_turns(self._chat.working_view)
        return self._sending_since is not None or any(map(is_local, turns))

    def sending(self, on: bool) -> None:
        """A message was sent, or every one that was sent is answered."""
        if not on:
            self._sending_since = None
        elif self._sending_since is None:
            self._sending_since = self._chat.kit.clock.monotonic()
        self.changed()

    def changed(self) -> None:
        """The light moves while something is answered; nothing is being stopped without that."""
        if not self.is_on_here or (self._stopped and not self._stopped & self._turns_here()):
            self._stopping = False  # the next one that waits can be broken off as well
        on = self._sending_since is not None or bool(live_turns(self._chat.working_view))
        if on == (self._scanner is not None):
            return
        if self._scanner is not None:
            self._scanner.stop()
            self._scanner = None
            # A turn whose message never comes is not shown for ever.
            self._chat.set_timer(LINGER_S + 0.1, self._chat.redraw)
            return
        self._step = 0
        frames = self._chat.kit.profile.scanner_frames or 1
        self._scanner = self._chat.set_interval(1 / frames, self._move)

    def _move(self) -> None:
        self._step += 1
        self.changed()
        self._chat.redraw()

    def stop(self) -> bool:
        """Break off the answer; False when there is none, or that was asked for already."""
        if not self.can_stop:
            return False
        self._stopping, self._stopped = True, self._turns_here()
        self._chat.kit.link.interrupt()
        self._chat.redraw()
        return True

    def _turns_here(self) -> frozenset[str]:
        turns = live_turns(self._chat.working_view)
        return frozenset(turn.id for turn in turns if is_local(turn))

    def stop_taken(self, was_one: bool) -> None:
        """The engine has broken off what there was to break off."""
        if not (was_one and self._stopped):
            self.stop_failed()

    def stop_failed(self) -> None:
        """The answer goes on and can be broken off again."""
        self._stopping = False
        self._chat.redraw()

    def row(self, view: View) -> Row:
        """The light, what the model does and for how many seconds; blank when it rests."""
        turns = live_turns(view)
        if turns:
            word, waited = doing(turns[-1]), (view.now - turns[-1].since).total_seconds()
        elif self._sending_since is not None:
            word, waited = "thinking", self._chat.kit.clock.monotonic() - self._sending_since
        else:
            return BLANK
        seconds = f" {int(waited)}s" if waited >= 1 else ""
        said = row(
            ("stopping" if self._stopping else word, "fg"), (_for_whom(view), "muted"),
            (seconds, "muted"),
        )  # fmt: skip
        if not self._chat.kit.profile.scanner_frames:
            return cut(said, view.width)
        cells = max(4, min(SCANNER_CELLS, view.width - width_of(said) - 2))
        return cut((*scanner(self._step, cells), ("  ", "fg"), *said), view.width)


def _for_whom(view: View) -> str:
    """` for Ann · telegram`, while the answer under way was asked for elsewhere."""
    turn = live_turns(view)[-1] if live_turns(view) else None
    if turn is None or is_local(turn):
        return ""
    messages = view.get(CONVERSATION) or ()
    asker = asker_of(turn.channel, turn.principal, asker_names(messages))
    where = safe_line(turn.channel)
    return f" for {asker}" if asker == where else f" for {asker} · {where}"
