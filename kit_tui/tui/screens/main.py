"""The main screen: status, tickers, the panes in one of five layouts, keys."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.screen import Screen
from textual.widget import Widget

from kit_tui.state.slices import (
    ACCESS,
    APPROVALS,
    CONNECTIONS,
    CONVERSATION,
    DELIVERIES,
    ORDERS,
    POSITIONS,
    SESSION,
    TRUST,
    TURNS,
)
from kit_tui.tui.bars.keys_bar import KeysBar
from kit_tui.tui.bars.status import StatusBar
from kit_tui.tui.bars.tabs import TabStrip
from kit_tui.tui.bars.ticker import TickerStrip
from kit_tui.tui.desk_link import words_of
from kit_tui.tui.keys import bindings
from kit_tui.tui.layout import PANES, RAIL_PANES, Box, Plan, Shape, Zoom, plan, shape_of
from kit_tui.tui.panes.base import MarketChosen, Pane
from kit_tui.tui.panes.chart import TIMEFRAMES, ChartPane
from kit_tui.tui.panes.chat import ChatPane
from kit_tui.tui.panes.positions import PositionsPane
from kit_tui.tui.panes.risk import RiskPane
from kit_tui.tui.widgets.ticket_card import TicketCardWidget

if TYPE_CHECKING:
    from kit_tui.tui.app import KitApp
    from kit_tui.tui.widgets.prompt import Prompt

log = logging.getLogger(__name__)

_MAIN: dict[str, type[Pane]] = {
    "chat": ChatPane, "chart": ChartPane, "positions": PositionsPane, "risk": RiskPane,
}  # fmt: skip
# What can stop a ticket that waits, so that its card is drawn anew.
_DECIDES = frozenset(slot.name for slot in (CONNECTIONS, ORDERS, SESSION, TRUST))
# What changes how far somebody elsewhere was told.
_TELLS = frozenset(slot.name for slot in (ACCESS, CONNECTIONS, CONVERSATION, DELIVERIES))
_ZOOMS = (Zoom.NONE, Zoom.HALF, Zoom.FULL)


class BodyLayout(Layout):
    """Places panes as the plan of their body says."""

    name = "desk"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        boxes = parent.plan_for(size).boxes if isinstance(parent, Body) else {}
        return [
            WidgetPlacement(
                Region(box.x, box.y, box.width, box.height),
                child.styles.offset.resolve(size, size), child.styles.margin, child,
            )
            for child in children
            if (box := boxes.get(child.id or "")) is not None and box.height > 0 and box.width > 0
        ]  # fmt: skip


class Body(Widget):
    """All panes; those without a place in the present plan are not displayed."""

    DEFAULT_CSS = "Body { width: 1fr; height: 1fr; background: $background; }"

    def __init__(self) -> None:
        super().__init__(id="body")
        self._body_layout = BodyLayout()
        self.zoom = Zoom.NONE
        self.pane = "chat"
        self._settled: dict[str, Box] | None = None

    @property
    def layout(self) -> Layout:
        return self._body_layout

    def plan_for(self, size: Size) -> Plan:
        """The plan at a size."""
        app = cast("KitApp", self.app)
        held = app.view(size).get(POSITIONS) or ()
        return plan(
            size.width, size.height, pane=self.pane, zoom=self.zoom, positions=len(held),
            screen_height=self.screen.size.height,
        )  # fmt: skip

    def settle(self) -> None:
        """Display exactly the panes which have a place."""
        boxes = self.plan_for(self.size).boxes
        for child in self.children:
            if child.display != (child.id in boxes):
                child.display = child.id in boxes
        if boxes != self._settled:
            self._settled = boxes
            self.refresh(layout=True)

    def on_resize(self) -> None:
        # The layout was just made for this size, so only what is displayed may have to change.
        self._settled = self.plan_for(self.size).boxes
        self.settle()


class MainScreen(Screen[None]):
    """Where a day is spent."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen")]
    AUTO_FOCUS = "#chat"
    DEFAULT_CSS = "MainScreen { background: $background; layers: base; }"

    def __init__(self) -> None:
        super().__init__(id="main")
        # Kept by name: at the end the parts leave one by one, while timers still ask for them.
        self.body = Body()
        self.status, self._tickers = StatusBar(id="status"), TickerStrip(id="tickers")
        self._tabs, self._keys_bar = TabStrip(id="tabs"), KeysBar(id="keys")
        self._panes: dict[str, Pane] = {}

    def compose(self) -> ComposeResult:
        yield self.status
        yield self._tickers
        yield self._tabs
        width, height = self.app.size
        with self.body:
            yield from self._make(plan(width, max(1, height - 3)).boxes)
        yield self._keys_bar

    def _make(self, names: Iterable[str]) -> Iterator[Pane]:
        """Panes by name; those of the rail are imported when they are first wanted."""
        for name in names:
            if name in RAIL_PANES:
                from kit_tui.tui.panes import rail

                pane: Pane = rail.RAIL[name](id=name)
            else:
                pane = _MAIN[name](id=name)
            self._panes[name] = pane
            yield pane

    async def furnish(self) -> None:
        """Mount what the first paint could do without."""
        with self.app.batch_update():
            for pane in self.panes():
                await pane.furnish()

    async def complete(self) -> None:
        """Mount the panes that had no place in the first layout; only those with one are shown."""
        missing = list(self._make([name for name in PANES if name not in self._panes]))
        if not missing or not self.body.is_attached:
            return
        for pane in missing:
            pane.display = False
        await self.body.mount_all(missing)
        for pane in missing:
            await pane.furnish()
        self.redraw_all()

    # Parts

    @property
    def kit(self) -> KitApp:
        """The app as ours."""
        return cast("KitApp", self.app)

    @property
    def chat(self) -> ChatPane:
        return cast("ChatPane", self._panes["chat"])

    def panes(self) -> list[Pane]:
        """Every pane there is so far."""
        return [child for child in self.body.children if isinstance(child, Pane)]

    def parts(self) -> list[Pane | StatusBar | TickerStrip | TabStrip | KeysBar]:
        """Everything that paints: the panes and the rows around them."""
        return [*self.panes(), self.status, self._tickers, self._tabs, self._keys_bar]

    # Updates

    def deliver(self, changed: frozenset[str]) -> None:
        """Redraw what watches a changed slice."""
        if not self.body.is_attached:
            return
        if POSITIONS.name in changed:
            self.body.settle()
        if APPROVALS.name in changed:
            view = self.kit.view(self.size)
            self.chat.set_approvals(view.get(APPROVALS) or ())
        if TURNS.name in changed:
            self.chat.work.changed()
        if self.chat.card.tickets and changed & _DECIDES:
            self.chat.card.redraw()
        if changed & _TELLS:
            self.chat.told_changed()
        for part in self.parts():
            if part.display and any(slot.name in changed for slot in part.WATCHES):
                part.redraw()

    def redraw_all(self) -> None:
        """Redraw every part, such as after a theme change or when the desk opened."""
        if not self.body.is_attached:
            return
        self.body.settle()
        for part in self.parts():
            part.redraw()

    def tick(self) -> None:
        """Once a second: ages and clocks; nothing is painted unless its text changed."""
        if not self.body.is_attached:
            return  # The screen is being taken down; its parts are gone before its timer.
        for part in self.parts():
            if part.display and not isinstance(part, ChatPane):
                part.redraw()
        if self.chat.card.tickets:
            self.chat.card.redraw()
            self.chat.set_approvals(self.kit.view(self.size).get(APPROVALS) or ())

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        phone = shape_of(width) is Shape.PHONE
        for bar, wanted in (
            (self._tickers, height >= 12 and width >= 30),
            (self._tabs, phone and height >= 6),
            (self.status, height >= 3),
            (self._keys_bar, height >= 8),
        ):
            if bar.display != wanted:
                bar.display = wanted

    # Panes

    async def action_pane(self, name: str) -> None:
        """Move to a pane; one without a place takes the chart's."""
        if name not in PANES:
            return
        await self.complete()
        self.body.pane = name
        self.body.settle()
        self._tabs.redraw()
        self.call_after_refresh(self._focus_pane, name)

    def _focus_pane(self, name: str) -> None:
        pane = self.query_one(f"#{name}", Pane)
        if pane.display:
            pane.focus()

    def focused_pane(self) -> Pane | None:
        """The pane that has the focus, itself or through a child."""
        node = self.focused
        while node is not None and not isinstance(node, Pane):
            node = cast("Widget | None", node.parent)
        return node

    def action_zoom(self) -> None:
        pane = self.focused_pane()
        body = self.body
        if pane is not None and pane.id:
            body.pane = pane.id
        body.zoom = _ZOOMS[(_ZOOMS.index(body.zoom) + 1) % len(_ZOOMS)]
        body.settle()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that go to the prompt are letters while one types in it."""
        del parameters
        return not (action == "prompt" and self.chat.is_typing)

    def action_prompt(self, begin: str = "") -> None:
        """Go to the prompt; where the chat is hidden it comes back first.

        The focus moves at once: what is typed right behind must not act on a ticket.
        """
        if not self.chat.display:
            self.body.zoom = Zoom.NONE
            self.body.pane = "chat"
            self.body.settle()
        if begin and not self.chat.prompt.text:
            self.chat.prompt.put(begin)
        self.set_focus(self.chat.prompt)

    def action_timeframe(self, step: int) -> None:
        at = TIMEFRAMES.index(self.kit.timeframe)
        self.kit.show_chart(self.kit.chart_pair, TIMEFRAMES[(at + step) % len(TIMEFRAMES)])

    def action_pair(self, step: int) -> None:
        self.kit.next_pair(step)

    def action_copy(self) -> None:
        """Copy the selection, else the focused pane."""
        text = self.get_selected_text()
        pane = self.focused_pane()
        if not text and pane is not None:
            text = pane.copy_text()
        if text:
            self.app.copy_to_clipboard(text)
            lines = text.count("\n") + 1
            self.kit.say(f"Copied {lines} line{'s' if lines != 1 else ''}.")

    def action_toggle_tools(self) -> None:
        self.chat.toggle_tools()

    def action_connections(self) -> None:
        from kit_tui.tui.screens.connections import ConnectionsScreen

        if not isinstance(self.app.screen, ConnectionsScreen):
            self.app.push_screen(ConnectionsScreen())

    # Messages of panes

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """A digit may answer a question; `/connect` and `/pair` open a dialog.

        What stands behind `/connect` may be a key and is dropped.
        """
        choosing = self.chat.choosing
        if choosing.answer(choosing.choice_of(message.text)):
            message.stop()
            return
        first, *rest = message.text.split() or [""]
        if first.lower() == "/pair":
            from kit_tui.tui.screens.pairing import open_pairing

            message.stop()
            open_pairing(self.kit, rest)
        if first.lower() != "/connect":
            return
        from kit_tui.tui.screens.connect import ConnectScreen

        message.stop()
        self.chat.prompt.put("")
        if not isinstance(self.app.screen, ConnectScreen):
            self.app.push_screen(ConnectScreen(*rest[:1]))

    def on_pane_failed(self, message: Pane.Failed) -> None:
        self.kit.say(f"The {message.pane.NAME} pane failed: {message.error}", severity="error")

    def on_prompt_left(self) -> None:
        if self.chat.work.stop():
            return
        shown = {pane.id: pane for pane in self.panes() if pane.display}
        self.set_focus(shown.get("chart") or shown.get("positions"))

    def on_ticket_card_widget_left(self) -> None:
        """Whoever presses Esc as a ticket arrives means the answer; the ticket keeps the focus."""
        if not self.chat.work.stop():
            self.chat.prompt.focus()

    def on_ticket_card_widget_change_asked(self, message: TicketCardWidget.ChangeAsked) -> None:
        self.run_worker(self._change_ticket(message), exit_on_error=False)

    async def _change_ticket(self, message: TicketCardWidget.ChangeAsked) -> None:
        """The changed order first, and the old ticket away only when that has one of its own."""
        desk = self.kit.link.desk
        try:
            if desk is not None:
                outcome = await desk.propose(message.request, instead_of=message.ticket.id)
                reply = outcome.reply
                if outcome.ticket is not None:
                    reply = (await desk.reject(message.ticket.id)).reply
                    if not reply.ok:  # it was answered elsewhere meanwhile; one order is enough
                        await desk.reject(outcome.ticket.id)
                if not reply.ok or outcome.ticket is None:
                    self.kit.say(f"Not changed: {reply.text}", severity="warning")
        except Exception as error:
            log.exception("a ticket could not be changed")
            self.kit.say(f"Not changed: {words_of(error)}", severity="warning")
        finally:
            self.chat.card.change_ended()

    def on_market_chosen(self, message: MarketChosen) -> None:
        self.kit.show_chart(message.pair, self.kit.timeframe)

    def on_positions_pane_close_requested(self, message: PositionsPane.CloseRequested) -> None:
        self.chat.prompt.put(f"Close {message.pair}")
        self.action_prompt()

    def on_candle_chart_zoom_exhausted(self, message: object) -> None:
        finer = bool(getattr(message, "finer", False))
        at = TIMEFRAMES.index(self.kit.timeframe) + (-1 if finer else 1)
        if 0 <= at < len(TIMEFRAMES):
            self.kit.show_chart(self.kit.chart_pair, TIMEFRAMES[at])

    async def on_tab_strip_chosen(self, message: TabStrip.Chosen) -> None:
        await self.action_pane(message.pane)
