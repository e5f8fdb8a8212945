"""Let somebody in on a channel: a code that works once, its link, and who came in."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kit_tui.domain.message import Role
from kit_tui.domain.people import Pairing, Person
from kit_tui.state.slices import ACCESS
from kit_tui.tui import formats
from kit_tui.tui.big_letters import LETTER_WIDTH, big_letters, qr_code
from kit_tui.tui.channels import door_of, people_of, person_name
from kit_tui.tui.desk_link import words_of
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.dialog import Dialog, Sheet
from kit_tui.tui.spans import BLANK, Row, pad, row, wrapped

if TYPE_CHECKING:
    from kit_tui.tui.app import KitApp

ROLES: Final = (Role.VIEWER, Role.TRADER)
MAY: Final = {
    Role.VIEWER: "asks and looks, orders nothing",
    Role.TRADER: "orders, and answers tickets",
}
LEFT: Final = 38
ONE_LINE: Final = 9 * (LETTER_WIDTH + 1)
FRAME: Final = 4
HINT: Final = "←→ role · n new code · y copy · esc close"
SHORT_HINT: Final = "←→ role · n new · esc close"
log = logging.getLogger(__name__)


class PairingScreen(Dialog):
    """Shows one code; closes itself when somebody used it, and voids it when it is closed.

    The code is on this screen and nowhere else: no toast, no log and no message has it.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", show=False, id="pairing.close"),
        Binding("n", "renew", "New code", show=False, id="pairing.renew"),
        Binding("left", "role(-1)", "Lower role", show=False, id="pairing.lower"),
        Binding("right", "role(1)", "Higher role", show=False, id="pairing.higher"),
        Binding("y", "copy", "Copy", show=False, id="pairing.copy"),
    ]
    DEFAULT_CSS = """
    PairingScreen Sheet { width: 60; max-width: 100%; height: 14; max-height: 100%; }
    """

    def __init__(self, channel: str, role: Role = Role.TRADER) -> None:
        super().__init__()
        self.channel = channel
        self.role = role
        self.pairing: Pairing | None = None
        self.problem = ""
        self._known: frozenset[Person] = frozenset()
        self._was_open = False
        self._qr: list[str] = []

    def compose(self) -> ComposeResult:
        sheet = Sheet(f"Pair on {safe_line(self.channel)}", id="pairing")
        sheet.can_focus = False
        yield sheet

    def on_mount(self) -> None:
        self.set_interval(1.0, self._paint)
        self._ask()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._paint)

    # The desk

    def _ask(self) -> None:
        """Ask for a code; one that is open before it is void by that."""
        desk, channel, role = self.kit.link.desk, self.channel, self.role
        self.pairing, self.problem, self._was_open, self._qr = None, "", False, []
        self._known = frozenset(people_of(self.kit.view(self.size), channel))
        if desk is None:
            self.problem = "The desk is not open."
            self._paint()
            return

        async def work() -> None:
            try:
                self.pairing = await desk.pair(channel, role)
                self._qr = qr_code(self.pairing.link)
            except Exception as error:  # noqa: BLE001 - whatever it was, the person is told
                log.info("no code for %s: %s", channel, type(error).__name__)
                self.problem = words_of(error)
            self._look()

        self._paint()
        self.run_worker(work(), group="pair", exclusive=True, exit_on_error=False)

    def deliver(self, changed: frozenset[str]) -> None:
        """Called by the app when slices changed."""
        if ACCESS.name in changed:
            self._look()

    def _look(self) -> None:
        """Close once somebody came in; notice a code that is worth nothing any more."""
        if not self.is_attached or not self.is_current:
            return
        view = self.kit.view(self.size)
        came = [p for p in people_of(view, self.channel) if p not in self._known]
        if came and self.pairing is not None:
            role = came[-1].role.name.lower()
            self.kit.say(f"{person_name(came[-1])} is paired as {role}.", seconds=8)
            self.dismiss()
            return
        door = door_of(view, self.channel)
        is_open = door is not None and door.pairing_until is not None
        if self._was_open and not is_open:
            self.problem = "The code is void: too many wrong ones were tried, or it was closed."
        self._was_open = is_open and self.pairing is not None
        self._paint()

    # Keys

    def action_renew(self) -> None:
        self._ask()

    def action_role(self, step: int) -> None:
        at = min(max(0, ROLES.index(self.role) + step), len(ROLES) - 1)
        if ROLES[at] is not self.role:
            self.role = ROLES[at]
            self._ask()

    def action_copy(self) -> None:
        if self.pairing is not None:
            self.app.copy_to_clipboard(self.pairing.link or self.pairing.code)
            self.kit.say("Copied the link." if self.pairing.link else "Copied the code.")

    async def action_leave(self) -> None:
        desk = self.kit.link.desk
        self.workers.cancel_group(self, "pair")
        self.dismiss()
        if desk is None:
            return
        try:
            await desk.void_code(self.channel)
        except Exception as error:  # noqa: BLE001 - whatever it was, the person is told
            log.info("a code was not voided: %s", type(error).__name__)
            self.kit.say(f"The code may still work: {words_of(error)}", severity="warning")

    # Drawing

    def _left_s(self) -> float:
        pairing = self.pairing
        until = pairing.expires_at if pairing is not None else self.kit.clock.now()
        return (until - self.kit.clock.now()).total_seconds()

    def _paint(self) -> None:
        if not self.is_attached:
            return
        sheet, room = self.query_one(Sheet), self.size
        sheet.hint = HINT if room.width >= len(HINT) + 8 else SHORT_HINT
        works = self.pairing is not None and not self.problem and self._left_s() > 0
        qr = self._qr if works else []
        beside = LEFT + 3 + (len(qr[0]) if qr else 0)
        if qr and beside + FRAME <= room.width and len(qr) + 2 <= room.height:
            rows = self._beside(qr)
            width = beside + FRAME
        else:
            width = min(max(20, room.width), 60)
            rows = self._told(width - FRAME, works)
        sheet.styles.width, sheet.styles.height = width, min(len(rows) + 2, room.height)
        sheet.set_page(rows)

    def _beside(self, qr: list[str]) -> list[Row]:
        """The words left, the QR code right: dark squares on light ground in every theme."""
        theme = self.kit.current_theme
        dark = "background on_strong" if theme.dark else "strong on_background"
        if theme.ansi:  # its background is the terminal's own and no colour to write in
            dark = "live_text on_strong"
        left = self._told(LEFT, works=True)
        left += [BLANK] * (len(qr) - len(left))
        lines = [*qr, *[""] * (len(left) - len(qr))]
        return [
            (*pad(words, LEFT), ("   ", "fg"), (squares, dark if squares else "fg"))
            for words, squares in zip(left, lines, strict=True)
        ]

    def _told(self, width: int, works: bool) -> list[Row]:
        rows = [row(("role  ", "muted"), ("‹ ", "strong"), (self.role.name.lower(), "strong"),
                    (" ›  ", "strong")), row((MAY[self.role], "muted")), BLANK]  # fmt: skip
        if self.pairing is not None and works:
            return [*rows, *_code(self.pairing.code, width), BLANK, *self._ways(width)]
        words = self.problem or ("The code has run out." if self.pairing is not None else "")
        if not words:
            return [*rows, row(("Making a code …", "muted"))]
        rows += wrapped(row(("! ", "warn"), (safe_line(words), "fg")), width, 2)
        return [*rows, BLANK, row(("n", "strong bold"), (" makes a new code", "muted"))]

    def _ways(self, width: int) -> list[Row]:
        """How to use the code, and how long it can be used."""
        link = self.pairing.link if self.pairing is not None else ""
        how = "Open the link, or send the code to the bot, in a private chat."
        rows = wrapped(row((how if link else how.replace("Open the link, or s", "S"), "fg")), width)
        if link:
            rows += wrapped(row((safe_line(link).removeprefix("https://"), "info")), width)
        left = formats.countdown(self._left_s())
        return [*rows, BLANK, row(("waiting", "fg"), (f" · works once, for {left}", "muted"))]


def _code(code: str, width: int) -> list[Row]:
    """The code in large letters: in one line, in two, or as text where there is no room."""
    first, _, second = code.partition("-")
    if width >= ONE_LINE:
        return [row((line, "strong")) for line in big_letters(f"{first} {second}")]
    if width >= len(first) * (LETTER_WIDTH + 1):
        lines = [*big_letters(first), "", *big_letters(second)]
        return [row((line, "strong")) for line in lines]
    return [row((code, "strong bold"))]


def open_pairing(kit: KitApp, words: Sequence[str]) -> None:
    """What `/pair [channel] [role]` does; the words stay in the prompt where they do not fit."""
    access = kit.view(kit.size).get(ACCESS)
    channels = [door.channel for door in access.doors] if access is not None else []
    roles = {role.name.lower(): role for role in ROLES}
    said = [word.lower() for word in words]
    wrong = [word for word in said if word not in channels and word not in roles]
    if not channels:
        kit.say("No channel is set up: kit connect telegram.", severity="warning")
    elif wrong or len(said) > 2:
        kit.say(
            f"Type /pair, then one of {', '.join(channels)}, then one of {', '.join(roles)}.",
            severity="warning",
        )
    else:
        kit.main.chat.prompt.put("")
        channel = next((word for word in said if word in channels), channels[0])
        role = next((roles[word] for word in said if word in roles), Role.TRADER)
        if not isinstance(kit.screen, PairingScreen):
            kit.push_screen(PairingScreen(channel, role))
