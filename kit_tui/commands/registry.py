"""The registry: every command by name, and the way from typed words to typed arguments."""

from __future__ import annotations

import re
import shlex
import types
from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin

from kit_tui.commands.command import Command, Parameter
from kit_tui.domain.errors import UsageError
from kit_tui.domain.numbers import InvalidNumberError, exact
from kit_tui.domain.pair import Pair

DEFAULT_QUOTE = "USDT"
_QUOTES = ("USDT", "USDC", "EUR", "USD", "BTC", "ETH")
# A share may be said in per cent; an amount of coins is never money. Elsewhere such a mark is a
# slip, and reading past it would trade another size than was meant.
_SHARES = frozenset({"fraction", "risk"})
_COINS = frozenset({"quantity", "base_amount"})
_PERCENTS = frozenset({"percent", "trail_percent"})
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


class Registry:
    """Commands by name and alias. One registry serves every channel of an account."""

    def __init__(self, commands: Iterable[Command] = ()) -> None:
        self._commands: dict[str, Command] = {}
        self._names: dict[str, str] = {}
        for command in commands:
            self.add(command)

    def add(self, command: Command) -> None:
        """Register a command.

        Raises:
            ValueError: when its name or an alias is taken.
        """
        for name in (command.name, *command.aliases):
            if name in self._names:
                raise ValueError(f"the command name {name!r} is declared twice")
            self._names[name] = command.name
        self._commands[command.name] = command

    def find(self, name: str) -> Command:
        """The command with this name or alias.

        Raises:
            UsageError: for an unknown name, with the nearest known one.
        """
        known = self._names.get(name.lower().lstrip("/"))
        if known is None:
            near = get_close_matches(name.lower().lstrip("/"), self._names, n=1)
            hint = f"Did you mean /{near[0]}?" if near else "Type /help for the list."
            raise UsageError(f"There is no command /{name[:30]}.", hint=hint)
        return self._commands[known]

    def all(self) -> list[Command]:
        """Every command, by name."""
        return [self._commands[name] for name in sorted(self._commands)]

    def __contains__(self, name: str) -> bool:
        return name in self._names


def split_words(command: Command, text: str) -> dict[str, str]:
    """Spread the words after a slash command over its parameters; the last text takes the rest.

    `name=value` names its parameter, unless the command takes free text.

    Raises:
        UsageError: for more words than parameters, and a name that is given twice.
    """
    try:
        words = shlex.split(text)
    except ValueError:  # an apostrophe, as in `/halt it's falling`: no reason not to halt
        words = text.split()
    named, words = _named(command, words)
    names = [p.name for p in command.parameters if p.name not in named]
    if len(words) > len(names) and names and command.parameters[-1].type is str:
        words = [*words[: len(names) - 1], " ".join(words[len(names) - 1 :])]
    if len(words) > len(names):
        raise UsageError(
            f"/{command.name} does not take {words[len(names)][:30]!r}.",
            hint=f"Use {command.usage}",
        )
    return {**named, **dict(zip(names, words, strict=False))}


def _named(command: Command, words: list[str]) -> tuple[dict[str, str], list[str]]:
    """What was said as `name=value`, and the other words in their order."""
    known = {p.name for p in command.parameters}
    if not known or command.parameters[-1].type is str:
        return {}, words
    named: dict[str, str] = {}
    others: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in known:
            others.append(word)
        elif name in named:
            raise UsageError(f"{name} is given twice.", hint=f"Use {command.usage}")
        else:
            named[name] = value
    return named, others


def typed(command: Command, arguments: Mapping[str, str]) -> str:
    """The line that a person would type for these arguments: `/order buy BTC price=60000`."""
    words = [f"/{command.name}"]
    by_place = True
    for parameter in command.parameters:
        value = arguments.get(parameter.name)
        by_place = by_place and value is not None
        if value is not None:
            words.append(value if by_place else f"{parameter.name}={value}")
    known = {parameter.name for parameter in command.parameters}
    unknown = [f"{name}={text}" for name, text in arguments.items() if name not in known]
    return " ".join([*words, *unknown])


def bind(command: Command, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Turn text arguments into the types the command declares.

    Raises:
        UsageError: for unknown, missing or unreadable arguments; it says which.
    """
    known = {p.name: p for p in command.parameters}
    for name in arguments:
        if name not in known:
            raise UsageError(
                f"/{command.name} has no parameter {name[:30]!r}.", hint=f"Use {command.usage}"
            )
    bound: dict[str, Any] = {}
    for parameter in command.parameters:
        text = arguments.get(parameter.name)
        if text is not None:
            bound[parameter.name] = _convert(command, parameter, text)
        elif parameter.required:
            raise UsageError(
                f"/{command.name} needs {parameter.name.upper()}.", hint=f"Use {command.usage}"
            )
    return bound


def read_pair(text: str) -> Pair:
    """Read `BTC/USDT`, `btc-usdt`, `BTCUSDT` or a bare `btc` (then /USDT).

    Raises:
        InvalidNumberError: when it is none of these.
    """
    name = text.strip().upper().replace("-", "/").replace("_", "/")
    if "/" in name:
        return Pair(name)
    for quote in _QUOTES:
        if name.endswith(quote) and len(name) > len(quote) + 1:
            return Pair(f"{name[: -len(quote)]}/{quote}")
    return Pair(f"{name}/{DEFAULT_QUOTE}")


def names_pair(typed: str, pair: Pair) -> bool:
    """Whether what was typed is this pair: `BTC/USDT`, `btcusdt`, or `btc` where USDT is meant.

    A contract's pair may be typed with the currency it settles in, or without.
    """
    try:
        named = read_pair(typed)
    except InvalidNumberError:
        return False
    return named in (pair, f"{pair.base}/{pair.quote}")


def _convert(command: Command, parameter: Parameter, text: str) -> Any:
    try:
        return _read(plain_type(parameter.type), text, parameter.name)
    except (ValueError, InvalidNumberError) as error:
        raise UsageError(
            f"/{command.name}: {parameter.name.upper()} cannot be {text[:40]!r} ({error}).",
            hint=f"Use {command.usage}",
        ) from None


def plain_type(annotation: Any) -> Any:
    """The type itself of `T | None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next(kind for kind in get_args(annotation) if kind is not type(None))
    return annotation


def _read(kind: Any, text: str, name: str) -> Any:
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise ValueError(f"one of {', '.join(get_args(kind))}")
        return text
    if kind is Pair:
        return read_pair(text)
    if kind is bool:
        return _read_bool(text)
    if isinstance(kind, type) and issubclass(kind, Decimal):
        number = _read_decimal(text, name)
        return number if kind is Decimal else kind(number)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if text.lower() not in tuple(kind):
            raise ValueError(f"one of {', '.join(kind)}")
        return kind(text.lower())
    return kind(text)


def _read_decimal(text: str, name: str) -> Decimal:
    if text.endswith("%") and name in _PERCENTS:
        text = text[:-1].strip()
    if text.endswith("%"):
        if name not in _SHARES:
            raise ValueError("it takes no per cent")
        return exact(text[:-1].strip()) / 100
    if text.startswith("$"):
        if name in _SHARES | _COINS:
            raise ValueError("it is not an amount of money")
        text = text[1:]
    if "," in text and not _GROUPED.fullmatch(text):
        raise ValueError("commas only between thousands, as in 1,500.25")
    return exact(text.replace(",", ""))


def _read_bool(text: str) -> bool:
    word = text.lower()
    if word in ("yes", "on", "true", "1"):
        return True
    if word in ("no", "off", "false", "0"):
        return False
    raise ValueError("yes or no")
