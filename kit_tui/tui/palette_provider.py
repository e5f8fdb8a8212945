"""The command palette's one provider: actions, panes, commands, markets and themes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.geometry import Size

from kit_tui.state.slices import CONNECTIONS, TICKERS, WATCHLIST
from kit_tui.tui.keys import KEYS, effective, shown
from kit_tui.tui.panes.chart import TIMEFRAMES
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit_tui.tui.app import KitApp

Entry = tuple[str, str, "Callable[[], Any]"]


class KitProvider(Provider):
    """Everything that can be done, from the registries that define it."""

    async def discover(self) -> Hits:
        for name, words, run in entries(cast("KitApp", self.app)):
            yield DiscoveryHit(name, run, help=words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, words, run in entries(cast("KitApp", self.app)):
            score = max(matcher.match(name), matcher.match(words) / 2)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=words)


def entries(app: KitApp) -> Iterator[Entry]:
    """Name, sentence and what to call."""
    # Halt comes last, because Enter on a palette that was just opened takes the first entry.
    for key in sorted(KEYS, key=lambda key: key.id == "halt"):
        if key.scope in ("everywhere", "screen") and key.id not in ("palette", "help_here"):
            label = f"{key.label}  {shown(effective(app.keymap, key.id))}"
            yield label, key.sentence, partial(run_action, app, key.action)
    for command in app.commands:
        yield f"/{command.name}", command.help, partial(type_command, app, f"/{command.name}")
    view = app.view(Size(80, 24))
    for account in accounts_of(view):
        yield (
            f"Account {account}", "Shows and trades this account from here on.",
            partial(app.link.send, f"/account {account}"),
        )  # fmt: skip
    pairs = dict.fromkeys([*(view.get(WATCHLIST) or ()), *(view.get(TICKERS) or ())])
    for pair in pairs:
        yield f"Chart {pair}", "Shows this market.", partial(app.show_chart, pair, app.timeframe)
    for timeframe in TIMEFRAMES:
        yield (
            f"Candles of {timeframe}", "Changes the chart's timeframe.",
            partial(app.show_chart, app.chart_pair, timeframe),
        )  # fmt: skip
    for theme in sorted(app.available_themes):
        yield f"Theme {theme}", "Changes the colours now.", partial(app.choose_theme, theme)


def accounts_of(view: View) -> list[str]:
    """The other accounts of this engine, by what is known of their connections."""
    session = view.session
    shown = session.account if session is not None else ""
    names = [c.name for c in view.get(CONNECTIONS) or () if c.kind == "account"]
    return [safe_line(name) for name in names if name != shown]


def run_action(app: KitApp, action: str) -> None:
    """Run a key's action on the main screen."""

    async def run() -> None:
        await app.run_action(action, app.main)

    app.call_later(run)


def type_command(app: KitApp, text: str) -> None:
    """Put a command into the prompt, ready for its arguments."""
    app.main.action_prompt()
    app.main.chat.prompt.put(f"{text} ")


def open_palette(app: KitApp) -> None:
    """Open the palette over the present screen."""
    if not any(isinstance(screen, CommandPalette) for screen in app.screen_stack):
        app.push_screen(
            CommandPalette(
                providers=[KitProvider], placeholder="Find a command, pane, market, theme"
            )
        )
