"""Connect an exchange or the model: keys typed unseen, tested, what they may do, then kept."""

from __future__ import annotations

import logging
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from kit_tui.domain.errors import KitError
from kit_tui.gateway.key_forms import (
    HAS_KEYS,
    SERVICES,
    WITHDRAW_WORD,
    KeyReport,
    permission_word,
)
from kit_tui.tui.connect_fields import HIDDEN, VENUES, ConnectForm
from kit_tui.tui.desk_link import words_of
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.dialog import Dialog, Sheet
from kit_tui.tui.spans import BLANK, Row, pad, row, wrapped

LABELS = {
    "venue": "exchange", "name": "account", "mode": "mode", "market": "market",
    "api_key": "API key", "secret": "secret", "password": "password", "replace": "replace keys",
    "word": "the word", "passphrase": "passphrase", "again": "same again", "action": "",
}  # fmt: skip
INTRODUCTION = (
    "Keys are typed unseen and tested at once. They are kept in this system's keyring or in an "
    "encrypted file; never in the settings, the log or the conversation.",
    "Make the key at the exchange: it may read and trade, never withdraw, and works from your "
    "address only.",
)
MODEL_INTRODUCTION = (
    "The key is typed unseen and tested at once, which costs nothing. It is kept in this system's "
    "keyring or in an encrypted file; never in the settings, the log or the conversation.",
    "Make the key in the Anthropic console, with a spending limit there. The model answers "
    "questions and reads what the grammar cannot; it approves nothing.",
)
BOT_INTRODUCTION = (
    "The token is typed unseen and tested at once. It is kept in this system's keyring or in an "
    "encrypted file; never in the settings, the log or the conversation.",
    "Whoever holds the token can speak as the bot, and nobody else. Who may speak to K.I.T. is let "
    "in one by one: type /pair afterwards.",
)
DEMANDS = {
    "word": f"To keep it nevertheless, type {WITHDRAW_WORD}; esc keeps nothing.",
    "passphrase": "Type the vault's passphrase.",
    "new passphrase": "Choose one; it cannot be recovered.",
}
LEFT, LABEL, DOTS, BESIDE = 36, 14, 12, 72
log = logging.getLogger(__name__)


class ConnectScreen(Dialog):
    """Up and down choose a field, left and right an option; Enter goes on, then tests and keeps."""

    AUTO_FOCUS: ClassVar[str | None] = ""  # the screen itself takes keys and pastes
    DEFAULT_CSS = """
    ConnectScreen Sheet { width: 96; max-width: 100%; height: 19; max-height: 100%; }
    """

    def __init__(self, venue: str = "") -> None:
        super().__init__()
        # What is long or mixed may be a key that slipped in here, and is not shown.
        known = venue.isalpha() and len(venue) <= 16
        self.form = ConnectForm(venue=venue.lower() if known else VENUES[0])
        self.field = "api_key" if known else "venue"
        self.report: KeyReport | None = None
        self.problem = ""
        self.has_keys = False
        self.asking = False

    def compose(self) -> ComposeResult:
        sheet = Sheet("Connect an exchange", id="connect-form")
        sheet.can_focus = False
        yield sheet

    def on_mount(self) -> None:
        self.query_one(Sheet).hint = "↑↓ field · ←→ option · ↵ next · esc close"
        self.call_after_refresh(self._paint)

    def on_unmount(self) -> None:
        """What was typed is not held any longer than the form is open."""
        self.form = self.form.without_secrets()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._paint)

    # Keys

    def on_key(self, event: events.Key) -> None:
        """A form is typed into, so it takes keys as an input field does."""
        fields = self._fields
        at = fields.index(self.field) if self.field in fields else 0
        if event.key in ("down", "tab"):
            self._go(fields[(at + 1) % len(fields)])
        elif event.key in ("up", "shift+tab"):
            self._go(fields[(at - 1) % len(fields)])
        elif event.key in ("left", "right"):
            self._change(self.form.turned(self.field, 1 if event.key == "right" else -1))
        elif event.key == "backspace":
            self._change(self.form.typed(self.field, ""))
        elif event.key == "ctrl+u":
            self._change(self.form.cleared(self.field))
        elif event.key == "enter":
            self._enter(fields, at)
        elif event.is_printable and event.character:
            self._type(event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Keys are pasted more often than typed."""
        event.stop()
        event.prevent_default()
        self._change(self.form.typed(self.field, event.text))

    @property
    def _fields(self) -> tuple[str, ...]:
        return self.form.fields(self.report, has_keys=self.has_keys)

    @property
    def _stored(self) -> bool:
        return self.report is not None and self.report.stored

    def _go(self, field: str) -> None:
        self.field = field
        self._paint()

    def _type(self, character: str) -> None:
        form = self.form
        if self.field == "venue" and form.venue in VENUES:
            form = form.cleared("venue")  # another exchange is typed over the offered one
        self._change(form.typed(self.field, character))

    def _enter(self, fields: tuple[str, ...], at: int) -> None:
        if self._stored:
            self.dismiss()
        elif self.field != "action":
            self._go(fields[at + 1])
        elif not self.asking:
            self._ask()

    def _change(self, form: ConnectForm) -> None:
        if form == self.form or self.asking or self._stored:
            return
        if self.field not in ("word", "passphrase", "again"):
            self.report = None  # other keys: what was found does not hold for them
        self.form, self.problem = form, ""
        self._paint()

    # The desk

    def _ask(self) -> None:
        self.problem = self.form.problem(self.report)
        desk = self.kit.link.desk
        if not self.problem and desk is None:
            self.problem = "The desk is not open."
        if self.problem or desk is None:
            self._paint()
            return
        self.asking = True
        request = self.form.request()

        async def work() -> None:
            try:
                report = await desk.connect_account(request)
            except Exception as error:  # noqa: BLE001 - whatever it was, the person is told
                log.info("an account could not be connected: %s", type(error).__name__)
                self._failed(error)
            else:
                self._answered(report)

        self._paint()
        self.run_worker(work(), group="connect", exclusive=True, exit_on_error=False)

    def _answered(self, report: KeyReport) -> None:
        self.asking, self.report, self.problem = False, report, ""
        if report.stored:
            self.form = self.form.without_secrets()  # they are not needed here any more
        asked = [name for name in ("word", "passphrase") if name in self._fields]
        self.field = asked[0] if asked else "action"
        self._paint()

    def _failed(self, error: Exception) -> None:
        self.asking, self.report, self.problem = False, None, words_of(error)
        if isinstance(error, KitError) and error.title == HAS_KEYS:
            self.has_keys = True
            self.problem = f"{error.message} To replace them, say so and test the new ones."
            self.field = "replace"
        self._paint()

    # Drawing

    def _paint(self) -> None:
        if not self.is_attached:
            return
        sheet = self.query_one(Sheet)
        sheet.heading = self._heading()
        width = max(20, sheet.size.width - 4)
        left = [self._row(name) for name in self._fields]
        left.insert(-1, BLANK)
        beside = width >= BESIDE
        right = self._found(width - LEFT - 2 if beside else width)
        if not beside:
            sheet.set_page([*left, BLANK, *right])
            return
        rows = []
        for at in range(max(len(left), len(right), sheet.room)):
            first = left[at] if at < len(left) else BLANK
            second = right[at] if at < len(right) else BLANK
            rows.append((*pad(first, LEFT), ("│ ", "border"), *second))
        sheet.set_page(rows)

    def _row(self, name: str) -> Row:
        here = name == self.field
        mark = ("▌", "accent") if here else (" ", "fg")
        return (mark, *pad(row((self._label(name), "muted")), LABEL), *self._value(name, here))

    def _heading(self) -> str:
        service = self.form.service
        if service is None:
            return "Connect an exchange"
        return f"Connect {service.name}" if service.is_channel else "Connect the model"

    def _label(self, name: str) -> str:
        service = self.form.service
        if service is None or name not in ("venue", "api_key"):
            return LABELS[name]
        if name == "api_key":
            return service.secret if service.is_channel else LABELS[name]
        return "channel" if service.is_channel else "model"

    def _introduction(self) -> tuple[str, ...]:
        service = self.form.service
        if service is None:
            return INTRODUCTION
        return BOT_INTRODUCTION if service.is_channel else MODEL_INTRODUCTION

    def _value(self, name: str, here: bool) -> Row:
        cursor = ("▏" if here and not self._stored else "", "accent")
        if name == "action":
            return row((f" {self._action()} ", "strong bold on_select" if here else "fg"))
        text: str = getattr(self.form, name)
        if name in HIDDEN:
            size = f" {len(text)}" if text else ""
            return row(("•" * min(len(text), DOTS), "strong"), cursor, (size, "faint"))
        if name in ("name", "word"):
            empty = "the main one" if name == "name" and not here else ""
            return row((text or empty, "strong" if text else "faint"), cursor)
        role = "live_text bold on_live" if text == "live" else "strong"
        opens, closes = ("‹ ", " ›") if here and not self._stored else ("", "")
        shown = f" {text} " if text == "live" else text
        own = cursor if name == "venue" else ("", "accent")
        return row((opens, "strong"), (shown, role), (closes, "strong"), own)

    def _action(self) -> str:
        if self.asking:
            return f"Asking {self.form.venue} …"
        if self.report is None:
            return f"Test the {self._secret}"
        if self.report.stored:
            return "Close"
        return f"Keep the {self._secret}"

    @property
    def _secret(self) -> str:
        service = self.form.service
        return service.secret if service is not None else "keys"

    def _found(self, width: int) -> list[Row]:
        """What is known so far: how it works, what is wrong, or what the key may do."""
        if self.problem:
            return wrapped(row(("! ", "warn"), (safe_line(self.problem), "fg")), width, 2)
        if self.report is None:
            rows: list[Row] = []
            for text in self._introduction():
                rows += [*wrapped(row((text, "muted")), width), BLANK]
            return rows
        return [*_facts(self.report), *_next(self.report, width)]


def _facts(report: KeyReport) -> list[Row]:
    service = SERVICES.get(report.venue)
    if service is not None:
        return [
            row((f"{service.name} takes this {service.secret}", "strong bold")),
            _fact(service.secret, report.fingerprint), BLANK,
        ]  # fmt: skip
    may = report.permissions
    offset = f"{report.clock_offset_s:+.2f} s".replace("-", "−")
    return [
        row((f"{report.venue} takes these keys", "strong bold")),
        _fact("key", report.fingerprint),
        _permission("may read", may.get("read"), wanted=True),
        _permission("may trade", may.get("trade"), wanted=True),
        _permission("may withdraw", may.get("withdraw"), wanted=False),
        _permission("your IP only", may.get("ip_restricted"), wanted=True),
        _fact("clock", offset),
        _fact("coins held", str(report.balances)),
        BLANK,
    ]


def _next(report: KeyReport, width: int) -> list[Row]:
    """What is asked for now, or what was done and what remains."""
    rows: list[Row] = []
    if report.needs:
        rows += wrapped(row(("! ", "warn"), (safe_line(report.problem), "fg")), width, 2)
        return [*rows, *wrapped(row((DEMANDS[report.needs], "muted")), width)]
    for note in report.notes:
        rows += wrapped(row(("· ", "muted"), (safe_line(note), "fg")), width, 2)
    where = f"Stored in {safe_line(report.where)}."
    rows += wrapped(row(("✓ ", "profit"), (where, "fg")), width, 2)
    if report.mode == "live":
        words = ("No entry is sent until you allow it: ", "muted")
        rows += wrapped(row(words, (f"/live {report.account}", "strong")), width)
    return rows


def _permission(name: str, value: bool | None, *, wanted: bool) -> Row:
    good = value is wanted
    mark, role = ("✓", "profit") if good else ("!", "warn")
    label = pad(row((name, "muted")), LABEL)
    return ((f"{mark} ", role), *label, (permission_word(value), "strong" if good else "warn"))


def _fact(name: str, value: str) -> Row:
    return (("  ", "fg"), *pad(row((name, "muted")), LABEL), (safe_line(value), "fg"))
