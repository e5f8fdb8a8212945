"""The app: paints frames and prompt first, opens the desk beside them, and leaves cleanly."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

from textual import constants, events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.driver import Driver
from textual.geometry import Size
from textual.theme import Theme

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.pair import Pair
from kit_tui.gateway.desk import CommandInfo, Desk
from kit_tui.settings.early import EarlyUi
from kit_tui.settings.locations import find_locations, house_directory
from kit_tui.state.slices import WATCHLIST
from kit_tui.state.store import StoreView
from kit_tui.tui.bridge import Bridge
from kit_tui.tui.desk_link import DeskLink, words_of
from kit_tui.tui.keys import bindings, keymap_problems, usable_keymap
from kit_tui.tui.palette import Palette
from kit_tui.tui.profile import read_profile
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.main import MainScreen
from kit_tui.tui.theme_files import HOUSE_THEME, load_themes
from kit_tui.tui.view import Precision, View
from kit_tui.tui.wall_clock import WallClock

log = logging.getLogger(__name__)

OpenDesk = Callable[[], Awaitable[Desk]]
DEFAULT_PAIR = Pair("BTC/USDT")
DEFAULT_TIMEFRAME = "15m"
COMPLETE_AFTER_S = 1.0
"""When panes without a place are made, unless asked for; the others are filled by then."""


class KitApp(App[None]):
    """K.I.T. on a screen."""

    TITLE = "K.I.T."
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("everywhere")]
    CSS_PATH = "app.tcss"

    def __init__(
        self,
        open_desk: OpenDesk,
        ui: EarlyUi | None = None,
        *,
        demo: bool = False,
        clock: Clock | None = None,
        user_themes: Path | None = None,
        log_path: Path | None = None,
    ) -> None:
        self.ui = ui or EarlyUi()
        self._directories = [house_directory(), *([user_themes] if user_themes else [])]
        self._house, self._theme_problems = load_themes(self._directories, first=self.ui.theme)
        super().__init__()
        self.demo = demo
        self.clock: Clock = clock or WallClock()
        self.log_path = log_path
        self.profile = read_profile(os.environ, self.ui.motion)
        self.precision = Precision()
        self.link = DeskLink(self, open_desk)
        self.bridge = Bridge(self._deliver, self._schedule, self.profile.frames, self.precision)
        self.commands: tuple[CommandInfo, ...] = ()
        self.chart_pair = DEFAULT_PAIR
        self.timeframe = DEFAULT_TIMEFRAME
        self.halting = ""
        self.desk_problem = ""
        self.lag_note = ""
        self.on_terminal_gone: Callable[[], None] = lambda: None
        self._palette: tuple[dict[str, str], Palette] | None = None
        self._leave_asked = -10.0
        self._said: dict[str, float] = {}
        self.keymap = usable_keymap(self.ui.keymap)
        self.set_keymap(self.keymap)
        self.theme = self.ui.theme if self.ui.theme in self._house else HOUSE_THEME

    def get_driver_class(self) -> type[Driver]:
        """Our driver where there is a Unix terminal."""
        if constants.DRIVER is not None or sys.platform == "win32":
            return super().get_driver_class()
        from kit_tui.tui.driver_guard import GuardedDriver

        return GuardedDriver

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop while the app runs; may be read from any thread."""
        return self._loop

    def terminal_gone(self) -> None:
        """Called by the driver, from its threads, when nobody is there any more."""
        self.on_terminal_gone()

    # Themes

    @property
    def available_themes(self) -> dict[str, Theme]:
        """House and user themes only: Textual's own lack our roles."""
        return dict(self._house)

    def get_theme(self, theme_name: str) -> Theme | None:
        """A theme by name, else the house's: the screen never stays without one."""
        return self._house.get(theme_name) or self._house.get(HOUSE_THEME)

    @property
    def palette(self) -> Palette:
        """Styles of the theme in use."""
        if self._palette is None or self._palette[0] is not self.theme_variables:
            self._palette = (self.theme_variables, Palette(self.theme_variables))
        return self._palette[1]

    def load_all_themes(self) -> None:
        """Read every theme file; those with faults are named and left out."""
        found, problems = load_themes(self._directories)
        self._house.update(found)
        for problem in {str(p): p for p in (*self._theme_problems, *problems)}.values():
            self.say(str(problem), severity="warning", seconds=12)
        self._theme_problems = []
        if self.ui.theme in self._house:
            self.theme = self.ui.theme
        else:
            self.say(
                f"There is no theme {self.ui.theme!r}; using {HOUSE_THEME}.", severity="warning"
            )

    def choose_theme(self, name: str) -> None:
        """Switch to a theme by name."""
        if name in self._house:
            self.theme = name

    # Start

    def get_default_screen(self) -> MainScreen:
        return MainScreen()

    @property
    def main(self) -> MainScreen:
        """The main screen, also while a dialog lies over it."""
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                return screen
        raise KitError("the main screen is not open")

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, self._on_theme_changed)
        # The first paint waits for the next frame; meanwhile the engine begins to load.
        self.link.start()
        self.call_after_refresh(self._after_first_paint)

    async def _after_first_paint(self) -> None:
        await self.main.furnish()
        self.link.furnished.set()
        self.set_interval(1.0, self._tick)
        self.set_timer(COMPLETE_AFTER_S, self.main.complete)
        self.call_later(self.load_all_themes)
        for problem in keymap_problems(self.ui.keymap):
            self.say(problem, severity="warning", seconds=12)

    def view(self, size: Size, *, focused: bool = False) -> View:
        """What a part of the screen may look at while it draws."""
        return View(
            store=self.link.store, now=self.clock.now(), precision=self.precision,
            width=size.width, height=size.height, focused=focused, opening=self.link.opening,
        )  # fmt: skip

    def first_chart(self, store: StoreView) -> tuple[Pair, str]:
        """Market and timeframe to chart when a desk opens: what was charted, if it is watched."""
        watched = store.get(WATCHLIST)
        if watched and self.chart_pair not in watched:
            self.chart_pair = watched[0]
        return self.chart_pair, self.timeframe

    def desk_opened(self, desk: Desk) -> None:
        """Called by the link: there is a store to show."""
        self.desk_problem = ""
        self.bridge.follow(desk.store)
        self.link.halt_seen()
        self.main.redraw_all()
        self._deliver(frozenset({"approvals", "conversation"}))

    def desk_lost(self, problem: str) -> None:
        """Called by the link: there is no engine any more; what was shown stays."""
        self.desk_problem = problem
        self.main.redraw_all()

    # Updates

    def _schedule(self, pause: float, callback: Callable[[], None]) -> object:
        return self.set_timer(pause, callback) if pause else self.call_later(callback)

    def _deliver(self, changed: frozenset[str]) -> None:
        if not self._running or not self.screen_stack:
            return
        if "risk" in changed:
            self.link.halt_seen()
        self.main.deliver(changed)
        for screen in self.screen_stack:
            if screen is not self.main and hasattr(screen, "deliver"):
                screen.deliver(changed)

    def _tick(self) -> None:
        self.link.check()
        self.main.tick()

    def _on_theme_changed(self, _theme: Theme) -> None:
        for screen in self.screen_stack:
            screen.refresh(layout=True)
        self.main.redraw_all()
        for widget in self.main.query("*"):
            widget.refresh()

    # Chart

    def show_chart(self, pair: Pair, timeframe: str) -> None:
        """Chart a market and keep its candles fresh."""
        self.chart_pair, self.timeframe = pair, timeframe
        self.link.watch_chart(pair, timeframe)
        self._deliver(frozenset({"candles", "depth", "tickers"}))

    def next_pair(self, step: int) -> None:
        """Chart the next market of the watchlist."""
        pairs = self.view(Size(1, 1)).get(WATCHLIST) or ()
        if pairs:
            at = pairs.index(self.chart_pair) if self.chart_pair in pairs else -1
            self.show_chart(pairs[(at + step) % len(pairs)], self.timeframe)

    # Conversation and tickets

    def on_prompt_submitted(self, message: Any) -> None:
        """Send what was typed; the text comes back if that fails."""
        self.link.send(message.text)

    def on_prompt_too_long(self, message: Any) -> None:
        self.say(
            f"The paste had {message.length:,} characters; the prompt holds 20,000.",
            severity="warning",
        )

    def on_ticket_card_widget_answered(self, message: Any) -> None:
        self.link.answer(message.ticket, message.approve, message.typed)

    # Actions

    def action_halt(self) -> None:
        """Halt at once; what is seen does not wait for the answer."""
        self.link.halt()

    def show_halting(self, words: str) -> None:
        """Turn the status row into the halt fill, or back when `words` is empty."""
        self.halting = words
        self.main.status.redraw()

    def action_ticket(self) -> None:
        chat = self.main.chat
        if not chat.card.tickets:
            self.say("No ticket waits for an answer.")
            return
        if not chat.display:
            self.main.action_prompt()
        chat.card.focus()

    async def action_leave(self) -> None:
        self.exit()

    def action_ask_leave(self) -> None:
        """Leave on the second press within three seconds."""
        now = self.clock.monotonic()
        if now - self._leave_asked < 3:
            self.exit()
            return
        self._leave_asked = now
        self.say("Press q again to leave. Orders and stops stay where they are.")

    def action_redraw(self) -> None:
        self.screen.refresh(layout=True)
        for widget in self.screen.query("*"):
            widget.refresh()

    def action_help(self) -> None:
        from kit_tui.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def action_order_form(self) -> None:
        from kit_tui.tui.screens.order_form import OrderForm

        if not isinstance(self.screen, OrderForm):
            self.push_screen(OrderForm(self.chart_pair))

    def action_orders(self) -> None:
        from kit_tui.tui.screens.orders import OrdersScreen

        if not isinstance(self.screen, OrdersScreen):
            self.push_screen(OrdersScreen())

    def action_command_palette(self) -> None:
        from kit_tui.tui.palette_provider import open_palette

        open_palette(self)

    # Textual's own

    def pop_screen(self) -> AwaitComplete:
        """Close the topmost dialog; the main screen stays.

        Two escapes on the palette close it twice, which Textual takes for a fault.
        """
        if len(self.screen_stack) > 1:
            return super().pop_screen()

        async def nothing() -> None:
            return None

        return AwaitComplete(nothing()).call_next(self)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy; an empty text would clear what the person copied elsewhere."""
        if text:
            super().copy_to_clipboard(text)

    # Words

    def say(
        self,
        text: str,
        *,
        severity: Literal["information", "warning", "error"] = "information",
        seconds: float = 4,
    ) -> None:
        """A toast; text from outside is made safe and never read as markup.

        A toast that is already on the screen is not put there again.
        """
        words, now = safe_line(text), self.clock.monotonic()
        if self._said.get(words, -seconds) + seconds > now:
            return
        self._said = {**{k: at for k, at in self._said.items() if now - at < 30}, words: now}
        self.notify(words, severity=severity, timeout=seconds, markup=False)

    def handle_bindings_clash(self, clashed_bindings: set[Any], node: Any) -> None:
        names = ", ".join(sorted(str(binding.description) for binding in clashed_bindings))
        self.say(f"One key is bound twice: {names}.", severity="warning")

    # Faults

    def _fatal_error(self) -> None:
        """One line for the person and a traceback for the log, instead of the other way round."""
        log.critical("the screen stopped", exc_info=self._exception)
        self._exit_renderables.append(self._last_words())
        self._close_messages_no_wait()

    def _last_words(self) -> str:
        error = self._exception
        what = words_of(error) if error is not None else "unknown error"
        where = f" Details: {self.log_path}" if self.log_path else ""
        return f"kit: the screen stopped ({safe_line(what)[:160]}).{where}"

    async def on_unmount(self) -> None:
        self.bridge.leave()

    def on_app_blur(self, event: events.AppBlur) -> None:
        event.prevent_default()


def run_app(
    open_desk: OpenDesk,
    *,
    ui: EarlyUi,
    demo: bool = False,
    user_themes: Path | None = None,
    log_path: Path | None = None,
) -> int:
    """Run the screen until it is left; returns the process's exit code."""
    from kit_tui.tui.guards import run_guarded

    def make() -> KitApp:
        where = find_locations(os.environ)
        return KitApp(
            open_desk, ui, demo=demo, user_themes=user_themes or where.user_themes,
            log_path=log_path or where.log_file,
        )  # fmt: skip

    return run_guarded(make, mouse=ui.mouse)
