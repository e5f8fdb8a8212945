"""The command decorator, effects, and the context a command runs in."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TypeVar, get_type_hints

import msgspec

from kit_tui.domain.candles import Candles
from kit_tui.domain.cards import Reply
from kit_tui.domain.clock import Clock
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.size import Size
from kit_tui.domain.ticket import OrderRequest
from kit_tui.state.store import StoreView

F = TypeVar("F", bound=Callable[..., Awaitable[Reply]])


class Effect(StrEnum):
    """What a command may change; access and the model's tools follow from it."""

    READS = "reads"
    SETS = "sets"
    PROPOSES = "proposes"
    REDUCES = "reduces"
    ADMIN = "admin"

    @property
    def role(self) -> Role:
        """The least role that may run such a command, unless it is private."""
        if self is Effect.READS:
            return Role.VIEWER
        return Role.OWNER if self is Effect.ADMIN else Role.TRADER


class MarketSource(Protocol):
    """Market data as commands may ask for it; raises KitError when there is none."""

    async def ticker(self, pair: Pair) -> Ticker:
        """A fresh quote."""
        ...

    async def candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        """The newest `limit` candles, oldest first; the last one may still be open."""
        ...

    async def markets(self) -> Mapping[Pair, Market]:
        """Every market of the venue in use."""
        ...


class Proposals(Protocol):
    """The way from a request to a ticket or a refusal; the only road to an order."""

    async def propose(self, request: OrderRequest, context: Context) -> Reply:
        """Build, check and put up a ticket, or refuse with every check."""
        ...

    async def size(
        self, pair: Pair, stop: Price, *, risk: Decimal, entry: Price | None = None
    ) -> Size:
        """How much may be entered with a stop, risking a fraction of equity; puts nothing up."""
        ...


class Watchlist(Protocol):
    """The pairs this engine keeps watching, in their order."""

    def pairs(self) -> tuple[Pair, ...]: ...

    async def add(self, pair: Pair) -> None:
        """Watch one more pair; a watched one is left where it is."""
        ...

    async def remove(self, pair: Pair) -> None:
        """Stop watching a pair."""
        ...


class Context(Protocol):
    """What a command may use while it runs."""

    @property
    def principal(self) -> Principal: ...

    @property
    def words(self) -> str:
        """The message that led here, as it was typed."""
        ...

    @property
    def read_by(self) -> str:
        """What read the message: one of `domain.autonomy.READ_BY_PEOPLE`, or a model's name."""
        ...

    @property
    def account(self) -> str: ...

    @property
    def store(self) -> StoreView: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def market(self) -> MarketSource: ...

    @property
    def proposals(self) -> Proposals: ...

    @property
    def watchlist(self) -> Watchlist: ...


class Parameter(msgspec.Struct, frozen=True):
    """One typed parameter; `required` is false when it has a default."""

    name: str
    type: Any
    required: bool
    default: Any


class Command(msgspec.Struct, frozen=True):
    """A command with its handler. `help` is the docstring's first line, `detail` the rest.

    `model` is False for what no language model may ever run, whatever its effect. `tool` is its
    name there, where its own does not explain itself. `foreign` tells that its answer holds text
    from outside, such as news. What is `private` shows balances, sizes, profit or orders: viewers
    do not get it.
    """

    name: str
    effect: Effect
    help: str
    detail: str
    parameters: tuple[Parameter, ...]
    handler: Callable[..., Awaitable[Reply]]
    owner: str = ""
    aliases: tuple[str, ...] = ()
    model: bool = True
    tool: str = ""
    foreign: bool = False
    private: bool = False

    @property
    def role(self) -> Role:
        """The least role that may run it."""
        return max(self.effect.role, Role.TRADER) if self.private else self.effect.role

    @property
    def usage(self) -> str:
        """`/analyze PAIR [TIMEFRAME]`."""
        parts = [p.name.upper() if p.required else f"[{p.name.upper()}]" for p in self.parameters]
        return " ".join([f"/{self.name}", *parts])


class _Mark(msgspec.Struct, frozen=True):
    name: str
    effect: Effect
    aliases: tuple[str, ...]
    model: bool
    tool: str
    foreign: bool
    private: bool


def command(
    name: str,
    *,
    effect: Effect,
    aliases: tuple[str, ...] = (),
    model: bool = True,
    tool: str = "",
    foreign: bool = False,
    private: bool = False,
) -> Callable[[F], F]:
    """Declare a method as a command: `async def method(self, ctx, …) -> Reply`.

    Its parameters' annotations give types and completion, its docstring gives the help.
    `model=False` keeps it from language models, `tool` names it for them, `foreign` says that its
    answer holds text from outside, and `private` that viewers do not get it.
    """

    def mark(method: F) -> F:
        told = _Mark(name, effect, aliases, model, tool, foreign, private)
        method.__kit_command__ = told  # type: ignore[attr-defined]
        return method

    return mark


def commands_of(host: object, owner: str) -> Iterator[Command]:
    """Every command declared on an object, bound to it."""
    kind = type(host)
    for name in dir(kind):
        # Asked of the class first, because asking the object would run its properties.
        mark: _Mark | None = getattr(getattr(kind, name, None), "__kit_command__", None)
        if mark is None:
            continue
        method = getattr(host, name)
        first, _, rest = inspect.cleandoc(method.__doc__ or "").partition("\n")
        yield Command(
            name=mark.name,
            effect=mark.effect,
            help=first,
            detail=rest.strip(),
            parameters=tuple(_parameters(method)),
            handler=method,
            owner=owner,
            aliases=mark.aliases,
            model=mark.model,
            tool=mark.tool,
            foreign=mark.foreign,
            private=mark.private,
        )


def _parameters(method: Callable[..., Awaitable[Reply]]) -> Iterator[Parameter]:
    """All but the context. Annotations are only looked up where there is something to annotate."""
    found = list(inspect.signature(method).parameters.values())[1:]
    hints = get_type_hints(method) if found else {}
    for parameter in found:
        required = parameter.default is inspect.Parameter.empty
        yield Parameter(
            name=parameter.name,
            type=hints[parameter.name],
            required=required,
            default=None if required else parameter.default,
        )


class Skill:
    """Base class of skills: set `name` and `version`, declare methods with `@command`."""

    name: str = ""
    version: str = "0.0.0"

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self.config = dict(config or {})

    def commands(self) -> Iterator[Command]:
        return commands_of(self, self.name)
