"""The conversation: what was said, the ticket that waits, and the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Region, Size
from textual.timer import Timer
from textual.widget import Widget

from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.state.slices import APPROVALS, CONVERSATION, ORDERS, SESSION, TICKERS, WATCHLIST
from kit_tui.tui.completion import complete, matching
from kit_tui.tui.panes.base import Pane
from kit_tui.tui.panes.content import PaneContent
from kit_tui.tui.spans import BLANK, Row, cut, row, wrapped
from kit_tui.tui.view import View
from kit_tui.tui.widgets.ticket_card import CARD_HEIGHT, COMPACT_HEIGHT, TicketCardWidget
from kit_tui.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from kit_tui.tui.widgets.prompt import Prompt

MAX_BLOCKS = 200
PLACEHOLDER = "Buy BTC for $100 · Analyze ETH · /help"
SCANNER_CELLS = 10


class ChatPane(Pane):
    """Pane 1."""

    NUMBER, NAME = "1", "Chat"
    HINTS = ("↵ send", "⇧↵ line", "esc leave")
    WATCHES = (SESSION, CONVERSATION, APPROVALS, ORDERS, WATCHLIST)
    HELP = "Talk to K.I.T. here, or type / for commands. Tickets are answered here."
    DEFAULT_CSS = """
    ChatPane Transcript, ChatPane TicketCardWidget { width: 1fr; height: 1fr; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.transcript = Transcript(id="transcript")
        self.card = TicketCardWidget(id="ticket")
        self._prompt: Prompt | None = None
        self._typed_early: list[str] = []
        self._blocks: dict[str, tuple[Message, list[Row]]] = {}
        self._block_width = 0
        self._tickets: dict[str, Ticket] = {}
        self._notes: list[Row] = []
        self._echo = ""
        self._thinking_since: float | None = None
        self._scanner: Timer | None = None
        self._step = 0
        self._menu_rows = 0
        self._prompt_rows = 1
        self._spoken_rows = 0

    @property
    def prompt(self) -> Prompt:
        """The prompt; loaded right after the first paint, which only draws it."""
        if self._prompt is None:
            from kit_tui.tui.widgets.prompt import Prompt

            self._prompt = Prompt(id="prompt", placeholder=PLACEHOLDER)
            self._prompt.complete_with = self._completions
        return self._prompt

    @property
    def is_typing(self) -> bool:
        """Whether keys go to the prompt."""
        return self._is_focused(self if self._prompt is None else self._prompt)

    def _is_focused(self, widget: Widget) -> bool:
        """Whether keys go to a widget; known earlier than its own `has_focus`."""
        return self.is_attached and self.screen.focused is widget

    async def furnish(self) -> None:
        """Mount transcript, card and prompt; what was typed before is not lost."""
        if self.prompt.is_attached:
            return
        await self.mount_all([self.transcript, self.card, self.prompt])
        self.prompt.put("".join(self._typed_early))
        if self.has_focus:
            self.prompt.focus()

    def on_key(self, event: events.Key) -> None:
        """Keys of the first moments wait for the prompt."""
        if self._prompt is None and event.character and event.is_printable:
            self._typed_early.append(event.character)
            event.stop()

    # Layout

    def arrange_children(self, size: Size) -> dict[Widget, Region]:
        width, height = size.width - 4, size.height - 2
        if width < 1 or height < 1:
            return {}
        prompt = min(self._prompt_rows, max(1, height // 2))
        bottom = 1 + height - prompt
        regions: dict[Widget, Region] = {}
        if self._prompt is not None:
            regions[self._prompt] = Region(4, bottom, max(1, size.width - 6), prompt)
        room = height - prompt - (2 if height - prompt > 4 else 0) - self._menu_rows
        card = self._card_height(width, room)
        spoken = room - card - (1 if card and room - card > 3 else 0)
        if card:
            # The card stands right under the last words while these do not fill the pane.
            self._spoken_rows = len(self.transcript.all_rows)
            spoken = min(spoken, self._spoken_rows)
            regions[self.card] = Region(2, 1 + min(spoken, room - card), width, card)
        if spoken > 0:
            regions[self.transcript] = Region(2, 1, width, spoken)
        return regions

    def _card_height(self, width: int, room: int) -> int:
        if not self.card.tickets:
            return 0
        if width >= 40 and room >= CARD_HEIGHT + 4:
            return CARD_HEIGHT
        return min(COMPACT_HEIGHT, max(0, room))

    # Content

    def content(self, view: View) -> PaneContent:
        if self.is_attached and self.size.height >= 3:
            self.transcript.set_rows(self._spoken(view))
            if self.card.tickets and len(self.transcript.all_rows) != self._spoken_rows:
                self.refresh(layout=True)
        height = max(0, self.size.height - 2)
        rows: list[Row] = [BLANK] * height
        if not self.transcript.is_attached and rows:
            rows[0] = welcome(view)[0]
        prompt = min(self._prompt_rows, max(1, height // 2))
        at = height - prompt
        if 0 <= at < height:
            mark = ("❯", "accent" if self.is_typing else "muted")
            rows[at] = row(mark) if self._prompt else row(mark, (f" {PLACEHOLDER}", "faint"))
        menu = self._menu(view)
        status = at - 2 - len(menu)
        if 0 <= status < at:
            rows[status] = self._status(view)
        for index, line in enumerate(menu):
            if 0 <= status + 1 + index < at:
                rows[status + 1 + index] = line
        below = self.transcript.below
        right = row((f"{below} more below", "warn")) if below else self._waiting()
        return PaneContent(
            body=rows, right=right, summary=row(("1", "muted bold"), (" Chat", "fg"))
        )

    def _waiting(self) -> Row:
        count = len(self.card.tickets)
        if not count or self._is_focused(self.card):
            return BLANK
        return row((f"{count} ticket{'s' if count > 1 else ''} · F4", "warn"))

    def _spoken(self, view: View) -> list[Row]:
        """Every message as rows; those already laid out at this width are kept."""
        if view.width != self._block_width:
            self._blocks, self._block_width = {}, view.width
        messages = (view.get(CONVERSATION) or ())[-MAX_BLOCKS:]
        if messages:
            # The renderers of all cards are not needed for the first paint.
            from kit_tui.tui.cards.render import message_rows
        kept: dict[str, tuple[Message, list[Row]]] = {}
        shown = frozenset(ticket.id for ticket in self.card.tickets)
        rows: list[Row] = []
        for message in messages:
            known = self._blocks.get(message.id)
            if known is None or known[0] is not message or _has_ticket(message):
                known = (message, message_rows(message, view, self._tickets, shown))
            kept[message.id] = known
            rows += known[1]
        self._blocks = kept
        if not rows:
            rows = welcome(view)
        if self._echo and not _was_said(self._echo, messages):
            rows += [row(("you", "muted"), ("  sending…", "faint"))]
            rows += wrapped(row((self._echo, "muted")), view.width)
        return [*rows, *self._notes]

    def _status(self, view: View) -> Row:
        """The scanner while the model works; else nothing."""
        if self._thinking_since is None:
            return BLANK
        waited = max(0, int(self.kit.clock.monotonic() - self._thinking_since))
        seconds = f"{waited}s" if waited else ""
        if not self.kit.profile.scanner_frames:
            return row((f"thinking {seconds}".rstrip(), "muted"))
        return (*scanner(self._step, SCANNER_CELLS), ("  thinking ", "fg"), (seconds, "muted"))

    def _menu(self, view: View) -> list[Row]:
        """Commands that fit what is typed, first one taken by Tab."""
        typing = self._prompt is not None and self.is_typing
        found = matching(self.prompt.text, self.kit.commands, 6) if typing else []
        wide = max((len(command.name) for command in found), default=0) + 3
        return [
            cut(
                row((f"/{command.name}".ljust(wide), "strong" if index == 0 else "fg"),
                    (command.help, "muted")),
                view.width,
            )
            for index, command in enumerate(found)
        ]  # fmt: skip

    def _completions(self, text: str) -> list[str]:
        view = self.kit.view(self.inner)
        pairs = [*(view.get(WATCHLIST) or ()), *(view.get(TICKERS) or ())]
        return complete(text, self.kit.commands, dict.fromkeys(pairs))

    # Called by the screen

    def thinking(self, on: bool, echo: str = "") -> None:
        """Show that an answer is being worked on."""
        self._echo = echo
        self._thinking_since = self.kit.clock.monotonic() if on else None
        if self._scanner is not None:
            self._scanner.stop()
            self._scanner = None
        if on:
            self._step = 0
            frames = self.kit.profile.scanner_frames or 1
            self._scanner = self.set_interval(1 / frames, self._scan)
            self.transcript.scroll_to_end()
            self._notes = []
        self.redraw()

    def _scan(self) -> None:
        self._step += 1
        self.redraw()

    def note(self, text: str, role: str = "loss") -> None:
        """A line under the conversation that is not part of it, such as a failed send."""
        self._notes = [
            *self._notes[-3:],
            *wrapped(row(("! ", role), (text, "fg")), self.inner.width or 40, 2),
        ]
        self.redraw()

    def set_approvals(self, tickets: tuple[Ticket, ...]) -> None:
        """Show tickets that wait; a new one takes the focus when nothing is being typed."""
        before = {ticket.id for ticket in self.card.tickets}
        self._tickets = {**self._tickets, **{ticket.id: ticket for ticket in tickets}}
        now = self.kit.clock.now()
        pending = tuple(t for t in tickets if t.state is TicketState.PENDING and t.expires_at > now)
        had_focus = self.card.has_focus
        if {t.id for t in pending} == before and pending == self.card.tickets:
            return
        self.card.set_tickets(pending)
        self.card.display = bool(pending)
        self.refresh(layout=True)
        arrived = any(ticket.id not in before for ticket in pending)
        if not pending and had_focus:
            self.prompt.focus()
        elif arrived and not self.prompt.text and self.screen.is_active and self.display:
            self.call_after_refresh(self.card.focus)
        self.redraw()

    # Events

    def on_text_area_changed(self) -> None:
        wanted = self.prompt.rows_wanted
        menu = len(matching(self.prompt.text, self.kit.commands, 6))
        if wanted != self._prompt_rows or menu != self._menu_rows:
            self._prompt_rows, self._menu_rows = wanted, menu
            self.refresh(layout=True)
        self.redraw()

    def on_transcript_scrolled(self) -> None:
        self.redraw()

    def on_prompt_scroll_asked(self, message: Prompt.ScrollAsked) -> None:
        page = max(1, self.transcript.size.height - 2)
        self.transcript.scroll_rows(message.pages * page + message.rows)

    def move(self, step: int) -> None:
        self.transcript.scroll_rows(step)

    def hints(self) -> tuple[str, ...]:
        if self._is_focused(self.card):
            return self.card.hints()
        return self.HINTS if self.is_typing else ("i prompt", "↑↓ scroll")

    def copy_text(self) -> str:
        from kit_tui.tui.spans import text_of

        return "\n".join(text_of(line).rstrip() for line in self.transcript.all_rows).strip()

    def on_focus(self) -> None:
        super().on_focus()
        if self._prompt is not None and self._prompt.is_attached:
            self._prompt.focus()


def _has_ticket(message: Message) -> bool:
    return any(type(card).__name__ == "TicketCard" for card in message.cards)


def _was_said(text: str, messages: tuple[Message, ...]) -> bool:
    newest = [m for m in messages[-4:] if m.speaker is Speaker.PERSON]
    return any(message.text.strip() == text for message in newest)


def scanner(step: int, cells: int) -> Row:
    """A light that sweeps left and right; the same without colour."""
    place = step % (2 * cells - 2)
    at = place if place < cells else 2 * cells - 2 - place
    return row(("▪" * at, "meter"), ("▮", "accent"), ("▪" * (cells - at - 1), "meter"))


def welcome(view: View) -> list[Row]:
    """What the empty chat says: what this is, and one thing to do."""
    if view.opening:
        return [row(("Opening the desk…", "muted"))]
    session = view.session
    if session is None:
        return [row(("No engine.", "muted"))]
    money = "real money" if session.mode.value == "live" else f"{session.mode.value} money"
    rows = wrapped(
        row((f"This account trades with {money} on {session.venue}.", "fg"),
            (f" {session.notice}" if session.notice else "", "warn")), view.width,
    )  # fmt: skip
    rows.append(BLANK)
    rows += wrapped(
        row(("Try ", "muted"), ("Buy BTC for $100", "strong"), (" or ", "muted"),
            ("Analyze ETH", "strong"), (". Nothing is sent until you approve it.", "muted")),
        view.width,
    )  # fmt: skip
    return [*rows, BLANK]
