"""Every setting with its type, default and meaning.

The docstring below a field is its help: the settings screen and the error messages show it.
Fractions are fractions (0.05 is 5 %); files may also say "5%". Nothing here is a secret.

These are plain structs, quick to import. What a file says is checked by pydantic, which reads the
same annotations (`values.py`) and is only loaded when there is a file (`reader.py`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import field

from kit_tui.settings.channels import ChannelSettings
from kit_tui.settings.section import Section
from kit_tui.settings.values import (
    Address,
    Cash,
    Cost,
    Count,
    Currency,
    Flag,
    Multiple,
    Name,
    Pairs,
    Reading,
    Seconds,
    SessionLength,
    Share,
    Sync,
    Text,
    Timezone,
    Whole,
    duration_seconds,
    listed,
    polling_seconds,
)

Action = Literal["reject", "halt_trading", "reduce_exposure"]
CheckName = Literal[
    "maxPositionSize", "dailyLossLimit", "openPositionLimit", "leverageLimit", "drawdown"
]
ALL_CHECKS: tuple[CheckName, ...] = (
    "maxPositionSize",
    "dailyLossLimit",
    "openPositionLimit",
    "leverageLimit",
    "drawdown",
)
DEFAULT_POLL_S = 5.0
DEFAULT_MODEL = "claude-sonnet-5-5"
DEFAULT_SMALL_MODEL = "claude-haiku-5-5"


class PaperSettings(Section, frozen=True):
    """The paper account."""

    cash: Cash = Decimal(10_000)
    """What the account begins with, in the reference currency."""
    fee: Cost = Decimal("0.001")
    """Fee on each fill as a fraction of its notional."""
    slippage: Cost = Decimal("0.0005")
    """How far market orders fill beyond the quote, as a fraction of the price."""
    latency_ms: Whole = 0
    """Pretended time between an order and its answer, in milliseconds."""


class SimulatorSettings(Section, frozen=True):
    """The simulated market."""

    seed: Whole = 7
    """Which of the possible markets is simulated; the same seed gives the same prices."""


class VenueAccountSettings(Section, frozen=True):
    """One account at a venue."""

    mode: Literal["paper", "sandbox", "live"] = "paper"
    """Whose money: pretended here, the venue's testnet, or real. Live is armed by a person too."""
    market: Literal["spot", "perpetual"] = "spot"
    """Coins, or perpetual contracts in USDT with leverage."""
    margin: Literal["isolated", "cross"] = "isolated"
    """Margin mode of perpetuals."""
    leverage: Multiple = Decimal(1)
    """Leverage of perpetuals."""


class ExchangeSettings(VenueAccountSettings, frozen=True):
    """One venue. Mode, market, margin and leverage are those of its unnamed account."""

    base_url: Address | None = None
    """Another address for its API: a testnet, a proxy, a test server."""
    rate_share: Share = Decimal(1)
    """Part of the venue's request limits that is ours, where several instances use one address."""
    accounts: dict[Name, VenueAccountSettings] = field(default_factory=dict)
    """Further accounts with keys of their own, by name."""


class ContextSettings(Section, frozen=True):
    """What of the account each question to the model carries."""

    portfolio: Flag = True
    """Equity, cash and holdings."""
    market_data: Flag = True
    """Quotes of the watchlist."""
    open_positions: Flag = True
    """Open positions with their marks."""
    risk_limits: Flag = True
    """Limits and how far they are used."""


class EngineSettings(Section, frozen=True):
    """The AI engine."""

    provider: Literal["anthropic"] = "anthropic"
    """Whose model answers what the offline grammar does not."""
    model: Text = DEFAULT_MODEL
    """The model's name."""
    small_model: Text = DEFAULT_SMALL_MODEL
    """The model that reads single sentences, and digests foreign text."""
    enabled: Flag = True
    """Whether a model is asked at all when there is a key for it."""
    turn_budget: Cash = Decimal("0.25")
    """Most that one answer may cost, in US dollars."""
    day_budget: Cash = Decimal(2)
    """Most that a day's answers may cost, in US dollars; then the offline grammar answers alone."""
    base_url: Address | None = None
    """Another address for the model's API."""
    context: ContextSettings = ContextSettings()
    """What of the account each question carries."""


class ActionSettings(Section, frozen=True):
    """What happens when a limit is reached."""

    on_limit_reached: Action = "reject"
    """When an order would break a limit."""
    on_daily_loss: Action = "halt_trading"
    """When the day's loss reaches its limit."""
    on_drawdown: Action = "reduce_exposure"
    """When the fall from the peak reaches `drawdown_reduce`."""


class RiskSettings(Section, frozen=True):
    """Hard limits; code enforces them whoever asks."""

    checks: Annotated[
        tuple[CheckName, ...],
        Reading(before=listed),
    ] = ALL_CHECKS
    """Which checks are on; one left out is off."""
    max_position_size: Share = Decimal("0.10")
    """Largest position as a fraction of equity."""
    daily_loss_limit: Share = Decimal("0.05")
    """Largest loss of a trading day as a fraction of the day's first equity."""
    open_position_limit: Count = 5
    """Most positions open at once."""
    leverage_limit: Multiple = Decimal(3)
    """Largest gross exposure as a multiple of equity."""
    drawdown_reduce: Share = Decimal("0.10")
    """Fall from the peak at which exposure is reduced, as a fraction."""
    drawdown_halt: Share = Decimal("0.20")
    """Fall from the peak at which trading halts, as a fraction."""
    reduce_to: Share = Decimal("0.5")
    """Share of the exposure that stays when it is reduced."""
    price_band: Share = Decimal("0.05")
    """How far from the market a price may be before it counts as a slip of the finger."""
    max_price_age_s: Seconds = 30
    """Oldest quote an order may be priced by, in seconds."""
    resume_next_day: Flag = False
    """Whether a halt for the daily loss ends by itself on the next trading day."""
    actions: ActionSettings = ActionSettings()
    """What happens when a limit is reached."""

    def __post_init__(self) -> None:
        if self.drawdown_halt < self.drawdown_reduce:
            raise ValueError("must not be below the drawdown at which exposure is reduced")


class TicketSettings(Section, frozen=True):
    """Tickets waiting for an answer."""

    market_seconds: Seconds = 60
    """How long a market order's ticket may be approved, in seconds."""
    limit_seconds: Seconds = 300
    """How long the ticket of any other order may be approved, in seconds."""
    max_slippage: Cost = Decimal("0.005")
    """How far the price may move from the ticket before its approval no longer holds."""
    default_stop: Share = Decimal("0.02")
    """Distance of the offered stop from the entry, as a fraction."""
    default_target: Multiple = Decimal("0.06")
    """Distance of the offered target from the entry, as a fraction."""
    typed_above: Cash = Decimal(1_000)
    """A live order of this notional or more is approved only after its pair was typed."""


class AutonomySettings(Section, frozen=True):
    """Caps on what is sent without asking."""

    threshold: Cash = Decimal(500)
    """Semi-auto asks for every order of this notional or more, in the reference currency."""
    daily_orders: Count = 20
    """Most orders a trading day that are sent without asking."""
    daily_notional: Cash = Decimal(2_000)
    """Most notional a trading day that is sent without asking, in the reference currency."""


class PortfolioStateSettings(Section, frozen=True):
    """Where the portfolio is kept."""

    storage: Literal["local"] = "local"
    """On this machine."""
    sync: Sync = "realtime"
    """How it follows the venue."""


class PositionStateSettings(Section, frozen=True):
    """Where positions are kept."""

    storage: Literal["memory + exchange"] = "memory + exchange"
    """The venue is the truth for quantities."""
    sync: Sync = "polling (5s)"
    """How often the venue is asked."""


class AlertStateSettings(Section, frozen=True):
    """Where alerts are kept."""

    storage: Literal["local"] = "local"
    """On this machine."""
    persistence: Flag = True
    """Whether alerts outlive a restart."""


class SessionStateSettings(Section, frozen=True):
    """Where sessions are kept."""

    storage: Literal["memory"] = "memory"
    """Sessions end with the program; the conversation is in the journal."""
    ttl: SessionLength = "24h"
    """How long after its last use a session ends."""


class StateSettings(Section, frozen=True):
    """Where each kind of state is kept and how it follows the venue."""

    portfolio: PortfolioStateSettings = PortfolioStateSettings()
    """The portfolio."""
    positions: PositionStateSettings = PositionStateSettings()
    """The positions."""
    alerts: AlertStateSettings = AlertStateSettings()
    """The alerts."""
    sessions: SessionStateSettings = SessionStateSettings()
    """The sessions."""

    @property
    def poll_seconds(self) -> float:
        """Seconds between two polls of the venue."""
        return polling_seconds(self.positions.sync) or DEFAULT_POLL_S

    @property
    def session_ttl_s(self) -> float:
        """Seconds after its last use at which a session ends."""
        return duration_seconds(self.sessions.ttl)


class UiSettings(Section, frozen=True):
    """The screen."""

    theme: Text = "knight"
    """Name of the theme."""
    keymap: dict[Text, Text] = field(default_factory=dict)
    """Binding id to key, for keys of your own."""
    motion: Literal["auto", "full", "none"] = "auto"
    """Whether things move; auto means not over SSH."""
    mouse: Flag = True
    """Whether the mouse is used."""


class Settings(Section, frozen=True):
    """All settings."""

    reference: Currency = "USDT"
    """Currency that equity and limits are counted in."""
    timezone: Timezone = "UTC"
    """Time zone that decides when a trading day begins."""
    watchlist: Pairs = (
        "BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT",
        "ADA/USDT", "DOGE/USDT", "LINK/USDT", "AVAX/USDT",
    )  # fmt: skip
    """Pairs shown at the start; the list edited in the program is kept in the journal."""
    default_exchange: Name = "binance"
    """Venue that prices come from."""
    autonomy: Literal["manual", "semi-auto", "full-auto"] = "manual"
    """How much is wished to be sent without asking; more than manual counts only once a person
    has typed it at the terminal (/autonomy)."""
    autonomy_limits: AutonomySettings = AutonomySettings()
    """Caps on what is sent without asking."""
    paper: PaperSettings = PaperSettings()
    """The paper account."""
    simulator: SimulatorSettings = SimulatorSettings()
    """The simulated market."""
    exchanges: dict[Name, ExchangeSettings] = field(default_factory=dict)
    """Settings of single venues by name."""
    engine: EngineSettings = EngineSettings()
    """The AI engine."""
    risk_manager: RiskSettings = RiskSettings()
    """Hard limits."""
    tickets: TicketSettings = TicketSettings()
    """Tickets waiting for an answer."""
    state: StateSettings = StateSettings()
    """Where state is kept."""
    channels: ChannelSettings = ChannelSettings()
    """Channels beside the terminal."""
    ui: UiSettings = UiSettings()
    """The screen."""

    notes: tuple[str, ...] = ()
    """What was substituted while the file was read, a sentence each; not a setting."""
    BESIDE: ClassVar[frozenset[str]] = frozenset({"notes"})

    def with_notes(self, notes: tuple[str, ...]) -> Settings:
        """The same settings carrying these notes."""
        return msgspec.structs.replace(self, notes=notes)
