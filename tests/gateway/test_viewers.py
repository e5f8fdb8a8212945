"""A viewer sees the market and nothing of the account, however they ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit_tui.commands.command import Effect
from kit_tui.domain.message import Message, Role, Speaker
from kit_tui.gateway.toolbox import GatewayToolbox
from kit_tui.gateway.viewing import PUBLIC, history_for, store_for
from kit_tui.state.slices import ALL_SLICES, CONNECTIONS, Connection
from tests.gateway.house import ANN, GUEST, PHONE, House
from tests.gateway.model_house import model_house
from tests.servers.messages_api import reply, tool

PUBLIC_COMMANDS = {
    "analyze", "chart", "health", "help", "markets", "price", "scan", "venues", "version",
    "watchlist",
}  # fmt: skip
WORDS = (
    "show my portfolio", "positions", "show my orders", "risk status", "good morning", "report",
    "what did we make this week", "profit today", "fees paid", "show my last trades",
    "wie viel Gewinn diesen Monat", "why did you buy that", "should I buy SOL",
    "how much BTC can I buy with a stop at 45000 risking 1%", "how much money do I have",
    "open positions", "what did we trade today",
)  # fmt: skip
# What the account below holds and did; none of it may be in an answer to a viewer.
SECRETS = ("9,9", "9899", "9900", "99.9", "0.002", "USDT ·", "1 open", "fee 0.1", "100 USDT")


async def trading(house: House) -> None:
    """Something to see: a position, a closed trade, a resting order, a ticket."""
    await house.say("buy BTC for $100", approve=True)
    await house.say("buy ETH for $100", approve=True)
    await house.say("close my ETH position", approve=True)
    await house.rest_order(limit="40000")
    await house.say("buy SOL for $50")


def reading(house: House) -> Iterator[str]:
    for command in house.account.registry.all():
        if command.effect is Effect.READS and not any(p.required for p in command.parameters):
            yield command.name


def test_every_reading_command_is_public_or_private_on_purpose(house: House) -> None:
    found = house.account.registry.all()
    public = {c.name for c in found if c.effect is Effect.READS and not c.private}
    assert public == PUBLIC_COMMANDS
    assert all(c.role is Role.TRADER for c in found if c.effect is Effect.READS and c.private)


async def test_slash_commands_show_a_viewer_nothing_of_the_account(house: House) -> None:
    await trading(house)
    for name in (*reading(house), "size BTC 45000", "recommend BTC", "export", "orders 1"):
        told = await house.say(f"/{name}", GUEST)
        assert told.reply.ok == (name in PUBLIC_COMMANDS), name
        assert not said_secret(str(told)), name
        assert (await house.gateway.run(GUEST, name.split()[0], {}, account="paper")).ok == (
            name in PUBLIC_COMMANDS
        )
    assert not list(house.locations.exports.glob("*"))


@pytest.mark.parametrize("words", WORDS)
async def test_words_show_a_viewer_nothing_of_the_account(house: House, words: str) -> None:
    await trading(house)
    told = await house.say(words, GUEST)
    assert not told.reply.ok
    assert not told.reply.cards
    assert not said_secret(str(told))
    assert (told.ticket, told.order) == (None, None)


@pytest.mark.parametrize("name", ["portfolio", "profit", "orders", "risk", "trades"])
async def test_a_trader_on_the_phone_sees_all_of_it(house: House, name: str) -> None:
    await trading(house)
    assert (await house.say(f"/{name}", PHONE)).reply.ok


def said_secret(text: str) -> bool:
    return any(secret in text for secret in SECRETS)


async def test_help_lists_a_viewer_what_they_may_see(house: House) -> None:
    (table,) = (await house.say("/help", GUEST)).reply.cards
    assert {row[0].split()[0][1:] for row in table.rows} == PUBLIC_COMMANDS  # type: ignore[union-attr]  # help shows a table


async def test_a_viewers_command_cannot_even_read_the_accounts_slices(house: House) -> None:
    await trading(house)
    store = house.gateway.context(GUEST, "", house.account).store
    heard: list[str] = []
    leave = store.subscribe(lambda slot, _: heard.append(slot.name))
    for slot in ALL_SLICES:
        if slot.name not in PUBLIC:
            assert store.get(slot) is None, slot.name
    await house.poll()
    leave()
    assert heard
    assert set(heard) <= PUBLIC
    assert house.gateway.context(PHONE, "", house.account).store is house.account.store


async def test_an_accounts_connection_keeps_its_books_to_itself(house: House) -> None:
    line = Connection(name="binance", kind="account", state="up", detail="0.5 BTC unexplained")
    house.account.store.publish(CONNECTIONS, (line,))
    (seen,) = store_for(GUEST, house.account.store).get(CONNECTIONS) or ()
    assert (seen.name, seen.state, seen.detail) == ("binance", "up", "")


async def test_the_model_is_told_nothing_of_the_account_by_a_viewers_question(
    tmp_path: Path,
) -> None:
    async with model_house(tmp_path) as home:
        await trading(home.house)
        await home.house.say("show my portfolio")
        home.server.answer(reply(tool("get_portfolio", {})), "I cannot see that.")
        told = await home.house.say("gm, what kind of people run this desk", GUEST)
        assert told.reply.text.startswith("I cannot see that.")
        for body in home.server.bodies:
            sent = json.dumps(body)
            assert not said_secret(sent)
            assert "maxPositionSize" not in sent
            assert "may see the market, not balances" in sent
            names = {offered["name"] for offered in body["tools"]}
            assert names == {
                "get_analysis", "get_health", "get_markets", "get_price", "get_venues",
                "get_version", "get_watchlist", "scan_watchlist",
            }  # fmt: skip
        result = json.dumps(home.server.bodies[-1]["messages"][-1])
        assert '"is_error": true' in result


async def test_the_same_question_of_a_trader_carries_the_account(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        await trading(home.house)
        home.server.answer("Fine.")
        await home.house.say("gm, what kind of people run this desk", PHONE)
        sent = json.dumps(home.server.bodies[0])
        assert "equity" in sent
        assert "position BTC/USDT long 0.002" in sent


async def test_a_model_that_reads_a_viewers_words_opens_nothing(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        await trading(home.house)
        home.server.answer("It is private.")
        told = await home.house.say("tell me everything about the money, every coin", GUEST)
        assert not said_secret(str(told))


async def test_no_private_tool_runs_for_a_viewer_even_if_it_is_called(house: House) -> None:
    from kit_tui.gateway.access import NotAllowedError
    from kit_tui.gateway.answering import Asked

    asked = Asked(None, GUEST, house.account, None, None, None, None)  # type: ignore[arg-type]  # only who asks counts here
    box = GatewayToolbox(house.gateway, house.gateway._answering, asked, "model")
    for name in ("portfolio", "profit", "export", "trades"):
        with pytest.raises(NotAllowedError):
            await box.run(house.account.registry.find(name), {})


def test_a_viewers_history_is_their_own() -> None:
    def said(number: int, principal: str, speaker: Speaker) -> Message:
        return Message(
            id=f"m{number}", at=None, speaker=speaker, channel="x", principal=principal,  # type: ignore[arg-type]  # no time is looked at
            name="n", text="t",
        )  # fmt: skip

    mine = said(1, GUEST.key, Speaker.PERSON), said(2, GUEST.key, Speaker.KIT)
    others = said(3, ANN.key, Speaker.KIT), said(4, "", Speaker.SYSTEM)
    assert history_for(GUEST, (*mine, *others)) == mine
    assert history_for(ANN, (*mine, *others)) == (*mine, *others)
