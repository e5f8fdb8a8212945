"""A new order as a form, with the verdict beside it while it is filled in."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.timer import Timer

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.orders import OrderType
from kit_tui.domain.pair import Pair
from kit_tui.gateway.desk import Preview
from kit_tui.state.slices import PORTFOLIO, TICKERS
from kit_tui.tui import formats
from kit_tui.tui.cards.checks import check_rows
from kit_tui.tui.cards.ticket import side_word
from kit_tui.tui.order_fields import FieldError, Form, request_of, shown_price, unit_words
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.dialog import Dialog, Sheet
from kit_tui.tui.spans import BLANK, Row, pad, row, wrapped

DEBOUNCE_S = 0.15
LABELS = {
    "pair": "market", "side": "side", "type": "type", "size": "size", "unit": "in",
    "price": "price",
    "from": "from", "stop": "stop loss", "reduce": "reduce only", "propose": "",
}  # fmt: skip


class OrderForm(Dialog):
    """Up and down choose a field, left and right an option; Enter on Propose puts up a ticket."""

    DEFAULT_CSS = "OrderForm Sheet { width: 84; max-width: 100%; height: 17; max-height: 100%; }"

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.form = Form(pair=str(pair))
        self.field = "size"
        self.preview: Preview | None = None
        self.problem = ""
        self._fresh = True
        self._timer: Timer | None = None
        self._asked = 0

    def compose(self) -> ComposeResult:
        yield Sheet("New order", id="order-form")

    def on_mount(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.hint = "↑↓ field · ←→ option · ↵ next, then propose · esc close"
        sheet.focus()
        self._ask_soon()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._paint)

    def deliver(self, changed: frozenset[str]) -> None:
        """Called by the app when slices changed: prices move the preview."""
        if changed & {TICKERS.name, PORTFOLIO.name}:
            self._ask_soon()

    # Keys

    def on_key(self, event: events.Key) -> None:
        """A form is typed into, so it takes keys as an input field does."""
        fields = self.form.fields()
        at = fields.index(self.field) if self.field in fields else 0
        if event.key in ("down", "tab"):
            self._go(fields[(at + 1) % len(fields)])
        elif event.key in ("up", "shift+tab"):
            self._go(fields[(at - 1) % len(fields)])
        elif event.key in ("left", "right"):
            self._change(self.form.turned(self.field, 1 if event.key == "right" else -1))
        elif event.key == "space" and self.field not in ("pair", "size", "price", "stop"):
            self._change(self.form.turned(self.field, 1))
        elif event.key == "backspace":
            self._fresh = False
            self._change(self.form.typed(self.field, ""))
        elif event.key == "enter":
            self._enter(fields, at)
        elif event.is_printable and event.character:
            self._type(event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def _go(self, field: str) -> None:
        self.field, self._fresh = field, True
        self._paint()

    def _enter(self, fields: tuple[str, ...], at: int) -> None:
        if self.field == "propose":
            self._propose()
        else:
            self._go(fields[at + 1])

    def _type(self, character: str) -> None:
        form = self.form
        if self._fresh and self.field in ("pair", "size", "price", "stop"):
            # The first character replaces what stood there, as in any form.
            for _ in range(24):
                form = form.typed(self.field, "")
        self._fresh = False
        self._change(form.typed(self.field, character))

    def _change(self, form: Form) -> None:
        if form != self.form:
            self.form = form
            self._ask_soon()
            self._paint()

    # Preview

    def _ticker(self) -> Ticker | None:
        view = self.kit.view(self.size)
        name = self.form.pair if "/" in self.form.pair else f"{self.form.pair}/USDT"
        return next((t for p, t in (view.get(TICKERS) or {}).items() if p == name), None)

    def _ask_soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DEBOUNCE_S, self._ask)

    async def _ask(self) -> None:
        try:
            request = request_of(self.form, self._ticker(), self.kit.view(self.size).get(PORTFOLIO))
        except FieldError as error:
            self.problem, self.preview = str(error), None
            self._paint()
            return
        self._asked += 1
        asked = self._asked

        async def work() -> None:
            preview = await self.kit.link.preview(request)
            if asked == self._asked and self.is_attached:
                self.problem, self.preview = preview.problem, preview
                self._paint()

        self.run_worker(work(), group="preview", exclusive=True, exit_on_error=False)

    def _propose(self) -> None:
        try:
            request = request_of(self.form, self._ticker(), self.kit.view(self.size).get(PORTFOLIO))
        except FieldError as error:
            self.problem = str(error)
            self._paint()
            return
        self.dismiss()
        self.kit.link.propose(request)

    # Drawing

    def _paint(self) -> None:
        sheet = self.query_one(Sheet)
        width = max(20, sheet.size.width - 4)
        left = [self._row(name) for name in self.form.fields()]
        beside = width >= 74
        right = self._verdict(width - 38 if beside else width)
        if not beside:
            sheet.set_page([*left, BLANK, *right])
            return
        rows = []
        for at in range(max(len(left), len(right))):
            first = left[at] if at < len(left) else BLANK
            second = right[at] if at < len(right) else BLANK
            rows.append((*pad(first, 36), ("│ ", "border"), *second))
        sheet.set_page(rows)

    def _row(self, name: str) -> Row:
        here = name == self.field
        mark = ("▌", "accent") if here else (" ", "fg")
        label = pad(row((LABELS[name], "muted")), 12)
        value = self._value(name, here)
        return (mark, *label, *value)

    def _value(self, name: str, here: bool) -> Row:
        form = self.form
        cursor = "▏" if here else ""
        if name in ("pair", "size", "stop"):
            text = getattr(form, name)
            blank = ("none", "faint") if name == "stop" and not text and not here else None
            return row(blank or (text, "strong bold" if here else "strong"), (cursor, "accent"))
        if name == "price":
            return row((shown_price(form, self._ticker()), "strong"), (cursor, "accent"))
        if name == "side":
            word, role = side_word(form.side)
            return row((f"‹ {word} ›" if here else word, f"{role} bold"))
        if name == "propose":
            return row((" Propose ", "strong bold on_select" if here else "fg"))
        words = {
            "type": form.type.value,
            "unit": unit_words(form),
            "from": form.price_from, "reduce": "yes" if form.reduce else "no",
        }  # fmt: skip
        return row((f"‹ {words[name]} ›" if here else words[name], "strong"))

    def _verdict(self, width: int) -> list[Row]:
        if self.problem:
            return wrapped(row(("! ", "warn"), (safe_line(self.problem), "fg")), width, 2)
        preview = self.preview
        if preview is None:
            return [row(("…", "muted"))]
        rows: list[Row] = []
        draft = preview.draft
        if draft is not None:
            word, role = side_word(draft.side)
            tick = self.kit.view(self.size).tick(draft.pair)
            price = draft.price or draft.stop_price or draft.reference_price
            size = f" {formats.quantity(draft.quantity)} {draft.pair.base}"
            rows += [
                row((word, f"{role} bold"), (size, "strong")),
                row(("worth ", "muted"), (formats.money(draft.notional), "strong"),
                    (f" {draft.pair.quote}", "faint"), ("  fee ≈ ", "muted"),
                    (formats.money(draft.estimated_fee), "fg")),
                row(("price ", "muted"), (formats.price(price, tick), "fg"),
                    (" market" if draft.type is OrderType.MARKET else "", "muted")),
                BLANK,
            ]  # fmt: skip
        if preview.verdict is not None:
            passed = preview.verdict.passed
            rows.append(
                row(
                    (
                        "✓ passes" if passed else "✗ would be refused",
                        "profit" if passed else "loss bold",
                    )
                )
            )
            rows += check_rows(preview.verdict.checks, width)
            largest = preview.verdict.largest_passing
            if not passed and largest is not None:
                rows.append(
                    row(("largest that passes ", "muted"), (formats.money(largest), "strong"))
                )
        return rows
