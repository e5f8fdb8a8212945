"""Which commands become tools, how they look to a model, and how strictly calls are read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.ai.claude.protocol import ModelRequest
from kit_tui.ai.claude.schema import InvalidInputError, property_schema
from kit_tui.ai.claude.tools import Tool, read_input, toolset
from kit_tui.ai.claude.wire import request_body
from kit_tui.commands.command import Command, Context, Effect, command, commands_of
from kit_tui.domain.cards import Reply
from kit_tui.domain.orders import Side
from kit_tui.domain.pair import Pair
from kit_tui.settings.model import DEFAULT_MODEL
from tests.ai.claude.stage import order
from tests.gateway.house import House

NAMES = [
    "propose_close", "propose_close_all", "propose_order",
    "explain_order", "export", "get_accounts", "get_analysis", "get_autonomy", "get_balance",
    "get_daily", "get_entries", "get_exits", "get_fees", "get_fills", "get_health", "get_locks",
    "get_markets", "get_monthly", "get_orders", "get_performance", "get_portfolio",
    "get_position_size", "get_positions", "get_price", "get_profit", "get_report", "get_risk",
    "get_room_left", "get_settings", "get_stats", "get_tickets", "get_trade_idea", "get_trades",
    "get_venues", "get_version", "get_watchlist", "get_weekly", "halt_trading", "scan_watchlist",
    "unwatch", "watch",
]  # fmt: skip
FORBIDDEN = (
    "withdraw", "transfer", "deposit", "leverage", "limit", "mode", "live", "key", "connect",
    "approve", "reject", "resume", "kill", "cancel", "settle", "adopt", "release", "clear",
    "set_autonomy", "help",
)  # fmt: skip


def test_the_tools_are_exactly_these(house: House) -> None:
    assert list(toolset(house.account.registry.all())) == NAMES


def test_there_is_no_tool_for_what_is_a_persons_own_act(house: House) -> None:
    tools = toolset(house.account.registry.all())
    for name, tool in tools.items():
        assert not any(word in name for word in FORBIDDEN), name
        assert tool.command.effect is not Effect.ADMIN
        assert tool.command.effect is not Effect.REDUCES or name == "halt_trading"
        fields = set(tool.offer.schema["properties"])
        assert not fields & {"leverage", "account", "venue", "mode", "hash", "word"}, name


def test_every_field_is_required_and_nothing_else_is_taken(house: House) -> None:
    for tool in toolset(house.account.registry.all()).values():
        schema = tool.offer.schema
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
        assert tool.offer.description
        assert ("user_quote" in schema["required"]) == tool.proposes


def test_the_order_of_tools_does_not_depend_on_that_of_commands(house: House) -> None:
    commands = house.account.registry.all()
    forwards = [tool.offer for tool in toolset(commands).values()]
    backwards = [tool.offer for tool in toolset(reversed(commands)).values()]
    assert forwards == backwards


def test_orders_are_held_to_their_schema_by_the_api_too(house: House) -> None:
    tools = tuple(tool.offer for tool in toolset(house.account.registry.all()).values())
    request = ModelRequest(purpose="chat", model=DEFAULT_MODEL, system=(), messages=(), tools=tools)
    strict = [tool["name"] for tool in request_body(request)["tools"] if tool.get("strict")]
    assert {"propose_close", "propose_close_all", "propose_order"} <= set(strict)


def test_the_schema_of_an_order(house: House) -> None:
    tool = toolset(house.account.registry.all())["propose_order"]
    properties = tool.offer.schema["properties"]
    assert properties["side"] == {"type": "string", "enum": ["buy", "sell"]}
    amount = properties["quote_amount"]["anyOf"]
    assert amount[0]["type"] == "string"
    assert amount[1] == {"type": "null"}
    assert "`/order" not in tool.offer.description
    assert "Types: market, limit" in tool.offer.description


def test_how_to_type_a_command_is_no_part_of_a_tool(house: House) -> None:
    tools = toolset(house.account.registry.all())
    assert not [name for name, tool in tools.items() if "`/" in tool.offer.description]
    assert tools["explain_order"].offer.description.endswith(
        "what became of it. without a number it is the newest order or refusal."
    )


class Odd:
    """Commands with types of every kind."""

    @command("plain", effect=Effect.READS)
    async def plain(  # noqa: PLR0917 - a command's parameters
        self,
        ctx: Context,
        pair: Pair,
        count: int,
        on: bool,
        how: Literal["a", "b"],
        side: Side,
        amount: Decimal,
        note: str = "",
    ) -> Reply:
        """Takes everything."""
        del ctx, pair, count, on, how, side, amount
        return Reply(text=note)

    @command("odd", effect=Effect.READS)
    async def odd(self, ctx: Context, what: dict[str, str]) -> Reply:
        """Takes what no model can be asked for."""
        del ctx
        return Reply(text=str(what))

    @command("lever", effect=Effect.PROPOSES)
    async def lever(self, ctx: Context, leverage: Decimal) -> Reply:
        """Needs what is a person's choice."""
        del ctx
        return Reply(text=str(leverage))


def odd() -> Iterator[Command]:
    return commands_of(Odd(), "test")


def test_what_no_schema_can_name_is_no_tool(caplog: pytest.LogCaptureFixture) -> None:
    assert list(toolset(odd())) == ["get_plain"]
    assert "/odd is no tool" in caplog.text


GOOD: dict[str, Any] = {
    "pair": "BTC/USDT", "count": 3, "on": True, "how": "a", "side": "sell", "amount": "0.5",
    "note": None,
}  # fmt: skip


def plain() -> Tool:
    return toolset(odd())["get_plain"]


def test_arguments_are_typed() -> None:
    arguments, quote = read_input(plain(), GOOD)
    assert arguments == {
        "pair": Pair("BTC/USDT"), "count": 3, "on": True, "how": "a", "side": Side.SELL,
        "amount": Decimal("0.5"),
    }  # fmt: skip
    assert isinstance(arguments["side"], Side)
    assert quote == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pair", "BTC"), ("pair", "BTC/USDT " * 50), ("pair", None), ("count", "3"),
        ("count", True), ("count", 10**12), ("on", "yes"), ("on", 1), ("how", "c"),
        ("side", "SELL"), ("amount", 0.5), ("amount", 5), ("amount", "0"), ("amount", "-1"),
        ("amount", "1,5"), ("amount", "inf"), ("amount", "nan"), ("amount", "1e5"),
        ("amount", "０.5"), ("amount", "1_0"), ("amount", ""), ("amount", " 1"),
        ("note", "x" * 301), ("note", 4), ("note", ["a"]),
    ],
)  # fmt: skip
def test_what_is_not_of_the_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidInputError):
        read_input(plain(), {**GOOD, name: value})


@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "account", "leverage"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
                  st.lists(st.integers(), max_size=2), st.sampled_from(list(GOOD.values()))),
    )
)  # fmt: skip
def test_any_input_is_either_typed_or_refused(given_input: dict[str, Any]) -> None:
    try:
        arguments, _ = read_input(plain(), given_input)
    except InvalidInputError:
        return
    assert set(given_input) == set(GOOD)
    assert isinstance(arguments["pair"], Pair)
    assert arguments["amount"] > 0
    assert arguments["amount"].is_finite()


@given(st.sets(st.sampled_from(sorted(order()))))
def test_an_order_without_one_of_its_fields_is_refused(left_out: set[str]) -> None:
    tool = Tool("propose_order", _order_command(), _order_command().parameters)
    cut = {name: value for name, value in order().items() if name not in left_out}
    if left_out & {p.name for p in tool.parameters} or "user_quote" in left_out:
        with pytest.raises(InvalidInputError, match="missing"):
            read_input(tool, cut)


def _order_command() -> Command:
    from kit_tui.trading.entry_commands import EntryCommands

    return next(c for c in commands_of(EntryCommands(), "trading") if c.name == "order")


def test_an_unknown_type_is_named() -> None:
    parameter = next(c for c in odd() if c.name == "odd").parameters[0]
    with pytest.raises(TypeError, match="what"):
        property_schema(parameter)
