"""The main screen: status, tickers, the panes in one of five layouts, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.screen import Screen
from textual.widget import Widget

from kit_tui.state.slices import APPROVALS, POSITIONS
from kit_tui.tui.bars.keys_bar import KeysBar
from kit_tui.tui.bars.status import StatusBar
from kit_tui.tui.bars.tabs import TabStrip
from kit_tui.tui.bars.ticker import TickerStrip
from kit_tui.tui.keys import bindings
from kit_tui.tui.layout import PANES, Plan, Shape, Zoom, plan
from kit_tui.tui.panes.base import Pane
from kit_tui.tui.panes.chart import TIMEFRAMES, ChartPane
from kit_tui.tui.panes.chat import ChatPane
from kit_tui.tui.panes.events import EventsPane
from kit_tui.tui.panes.market_depth import BookPane, TapePane
from kit_tui.tui.panes.positions import PositionsPane
from kit_tui.tui.panes.risk import RiskPane
from kit_tui.tui.panes.watchlist import WatchlistPane

if TYPE_CHECKING:
    from kit_tui.tui.app import KitApp

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
            child.display = child.id in boxes
        self.refresh(layout=True)

    def on_resize(self) -> None:
        self.settle()


class MainScreen(Screen[None]):
    """Where a day is spent."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen")]
    AUTO_FOCUS = "#prompt"
    DEFAULT_CSS = "MainScreen { background: $background; layers: base; }"

    def compose(self) -> ComposeResult:
        yield StatusBar(id="status")
        yield TickerStrip(id="tickers")
        yield TabStrip(id="tabs")
        with Body():
            yield ChatPane(id="chat")
            yield ChartPane(id="chart")
            yield PositionsPane(id="positions")
            yield RiskPane(id="risk")
            yield WatchlistPane(id="watchlist")
            yield BookPane(id="book")
            yield TapePane(id="tape")
            yield EventsPane(id="events")
        yield KeysBar(id="keys")

    # Parts

    @property
    def kit(self) -> KitApp:
        """The app as ours."""
        return cast("KitApp", self.app)

    @property
    def body(self) -> Body:
        return self.query_one(Body)

    @property
    def chat(self) -> ChatPane:
        return self.query_one(ChatPane)

    def panes(self) -> list[Pane]:
        """Every pane."""
        return [child for child in self.body.children if isinstance(child, Pane)]

    def bars(self) -> list[StatusBar | TickerStrip | TabStrip | KeysBar]:
        """The rows around the body."""
        return [
            self.query_one(StatusBar), self.query_one(TickerStrip), self.query_one(TabStrip),
            self.query_one(KeysBar),
        ]  # fmt: skip

    # Updates

    def deliver(self, changed: frozenset[str]) -> None:
        """Redraw what watches a changed slice."""
        if POSITIONS.name in changed:
            self.body.settle()
        if APPROVALS.name in changed:
            view = self.kit.view(self.size)
            self.chat.set_approvals(view.get(APPROVALS) or ())
        for part in (*self.panes(), *self.bars()):
            if part.display and any(slot.name in changed for slot in part.WATCHES):
                part.redraw()

    def redraw_all(self) -> None:
        """Redraw every part, such as after a theme change or when the desk opened."""
        self.body.settle()
        for part in (*self.panes(), *self.bars()):
            part.redraw()

    def tick(self) -> None:
        """Once a second: ages and clocks; nothing is painted unless its text changed."""
        for part in (*self.panes(), *self.bars()):
            if part.display and not isinstance(part, ChatPane):
                part.redraw()
        if self.chat.card.tickets:
            self.chat.card.redraw()
            self.chat.set_approvals(self.kit.view(self.size).get(APPROVALS) or ())

    def on_resize(self, event: events.Resize) -> None:
        low = event.size.height < 6
        self.query_one(TickerStrip).display = event.size.height >= 12 and event.size.width >= 30
        phone = self.body.plan_for(event.size).shape is Shape.PHONE
        self.query_one(TabStrip).display = phone and not low
        self.query_one(StatusBar).display = event.size.height >= 3
        self.query_one(KeysBar).display = event.size.height >= 8

    # Panes

    def action_pane(self, name: str) -> None:
        """Move to a pane; one without a place takes the chart's."""
        if name not in PANES:
            return
        self.body.pane = name
        self.body.settle()
        self.query_one(TabStrip).redraw()
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

    def action_prompt(self) -> None:
        """Go to the prompt; where the chat is hidden it comes back first."""
        if not self.chat.display:
            self.body.zoom = Zoom.NONE
            self.body.pane = "chat"
            self.body.settle()
        self.chat.prompt.focus()

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

    # Messages of panes

    def on_pane_failed(self, message: Pane.Failed) -> None:
        self.kit.say(f"The {message.pane.NAME} pane failed: {message.error}", severity="error")

    def on_prompt_left(self) -> None:
        pane = "chart" if self.query_one(ChartPane).display else "positions"
        target = self.query_one(f"#{pane}", Pane)
        if target.display:
            target.focus()
        else:
            self.set_focus(None)

    def on_ticket_card_widget_left(self) -> None:
        self.chat.prompt.focus()

    def on_watchlist_pane_chosen(self, message: WatchlistPane.Chosen) -> None:
        self.kit.show_chart(message.pair, self.kit.timeframe)

    def on_positions_pane_chosen(self, message: PositionsPane.Chosen) -> None:
        self.kit.show_chart(message.pair, self.kit.timeframe)

    def on_positions_pane_close_requested(self, message: PositionsPane.CloseRequested) -> None:
        self.chat.prompt.put(f"Close {message.pair}")
        self.action_prompt()

    def on_candle_chart_zoom_exhausted(self, message: object) -> None:
        finer = bool(getattr(message, "finer", False))
        at = TIMEFRAMES.index(self.kit.timeframe) + (-1 if finer else 1)
        if 0 <= at < len(TIMEFRAMES):
            self.kit.show_chart(self.kit.chart_pair, TIMEFRAMES[at])

    def on_tab_strip_chosen(self, message: TabStrip.Chosen) -> None:
        self.action_pane(message.pane)
