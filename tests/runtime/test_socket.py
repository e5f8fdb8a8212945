"""The owner's socket: two desks on one engine, bad and slow clients, and an owner that goes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.cards import TicketCard
from kit_tui.domain.errors import KitError, UsageError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Side
from kit_tui.domain.risk import TradingState
from kit_tui.domain.ticket import OrderRequest
from kit_tui.gateway import server as serving
from kit_tui.gateway.local import LocalDesk
from kit_tui.gateway.remote import EngineLostError, RemoteDesk
from kit_tui.gateway.server import SocketServer, same_user
from kit_tui.gateway.wire import PROTOCOL, Hello, Publication, Request, Response, pack, raw, unpack
from kit_tui.state.slices import (
    ALL_SLICES,
    APPROVALS,
    CONVERSATION,
    POSITIONS,
    RISK,
    SESSION,
    TICKERS,
)
from tests.end_to_end.live import until
from tests.gateway.house import BTC, House, opened


class Owner:
    """A house with its socket open."""

    def __init__(self, house: House, path: Path) -> None:
        self.house = house
        self.path = path
        self.server = SocketServer(path, self._open)

    async def _open(self, account: str | None, channel: str) -> LocalDesk:
        if account not in (None, "paper"):
            raise KitError(f"There is no account {account!r}.", hint="There is one.", title="No")
        who = Principal(channel=channel, user="local", name="you", role=Role.OWNER, local=True)
        return self.house.desk(who, account)

    async def desk(self, account: str | None = None, channel: str = "cli") -> RemoteDesk:
        return await RemoteDesk.connect(self.path, account=account, channel=channel)


def said_to(desk: RemoteDesk) -> list[str]:
    """The conversation as a desk shows it."""
    messages = desk.store.get(CONVERSATION)
    return [] if messages is None else [message.text for message in messages]


@pytest.fixture
async def owner(tmp_path: Path) -> AsyncIterator[Owner]:
    async with opened(tmp_path / "home") as house:
        serving_house = Owner(house, tmp_path / "kit.sock")
        await serving_house.server.start()
        yield serving_house
        await serving_house.server.stop()


async def test_two_desks_share_one_conversation_and_one_book(owner: Owner) -> None:
    one, two = await owner.desk(channel="terminal"), await owner.desk()
    asked = await one.send("buy BTC for $100")
    assert asked.ticket is not None
    await until(lambda: two.store.get(APPROVALS))
    done = await two.approve(asked.ticket.id, asked.ticket.hash)
    assert done.order is not None
    assert done.reply.text.startswith("Bought")
    await until(lambda: one.store.get(POSITIONS))
    await until(lambda: len(said_to(one)) == 3)
    assert one.store.get(CONVERSATION) == two.store.get(CONVERSATION)
    spoken = [(m.channel, m.text.split(":")[0]) for m in one.store.get(CONVERSATION) or ()]
    assert spoken[0] == ("terminal", "buy BTC for $100")
    assert spoken[2] == ("cli", "Bought")
    await one.close()
    await two.close()


async def test_the_session_comes_last_so_that_whoever_has_it_has_everything(owner: Owner) -> None:
    await owner.house.say("buy BTC for $100")
    held = owner.house.desk().store
    reader, writer = await asyncio.open_unix_connection(str(owner.path))
    writer.write(pack(Hello(account=None, channel="cli")))
    seen: list[str] = []
    while SESSION.name not in seen:
        frame = unpack(await reader.readline())
        assert isinstance(frame, Publication)
        seen.append(frame.slice)
    assert set(seen) == {slot.name for slot in ALL_SLICES if held.get(slot) is not None}
    assert {APPROVALS.name, POSITIONS.name} <= set(seen)
    writer.close()


async def test_a_reader_of_an_answer_sees_its_effects(owner: Owner) -> None:
    desk = await owner.desk()
    await desk.halt("now")
    report = desk.store.get(RISK)
    assert report is not None
    assert report.status.state is TradingState.HALTED
    await desk.close()


async def test_everything_a_desk_offers_works_over_the_socket(owner: Owner) -> None:
    desk = await owner.desk()
    session = desk.store.get(SESSION)
    assert session is not None
    assert session.account == "paper"
    assert (await desk.run("price", {"pair": "BTC"})).ok
    request = OrderRequest(side=Side.BUY, pair=BTC, quote_amount=Decimal(100))
    preview = await desk.preview(request)
    assert preview.draft is not None
    proposed = await desk.propose(request)
    assert isinstance(proposed.reply.cards[0], TicketCard)
    assert proposed.ticket is not None
    rejected = await desk.reject(proposed.ticket.id)
    assert rejected.reply.ok
    await desk.watch_chart(BTC, "1h")
    names = {info.name for info in await desk.commands()}
    assert {"price", "halt", "approve"} <= names
    assert not desk.lost
    await desk.close()


async def test_errors_arrive_with_title_message_and_hint(owner: Owner) -> None:
    desk = await owner.desk()
    with pytest.raises(KitError) as refused:
        await desk.run("prize", {})
    assert refused.value.title == UsageError.title
    assert "/prize" in refused.value.message
    assert "/price" in refused.value.hint
    with pytest.raises(KitError, match="no ticket"):
        await desk.approve("77")
    await desk.close()


async def test_an_inner_failure_is_told_without_its_details(
    owner: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    desk = await owner.desk()

    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("private detail")

    owner.house.gateway.preview = broken  # type: ignore[method-assign,assignment]  # a fault to survive
    request = OrderRequest(side=Side.BUY, pair=BTC, quote_amount=Decimal(100))
    with pytest.raises(KitError, match="could not do that") as refused:
        await desk.preview(request)
    assert "private" not in str(refused.value)
    assert "private detail" in caplog.text
    assert (await desk.run("price", {"pair": "BTC"})).ok
    await desk.close()


async def test_an_account_that_cannot_be_opened_is_said_so(owner: Owner) -> None:
    with pytest.raises(KitError, match="no account 'live'") as refused:
        await owner.desk("live")
    assert (refused.value.title, refused.value.hint) == ("No", "There is one.")


async def raw_client(owner: Owner) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_unix_connection(str(owner.path))


async def test_a_client_of_another_version_is_told(owner: Owner) -> None:
    reader, writer = await raw_client(owner)
    writer.write(pack(Hello(account=None, channel="cli", protocol=PROTOCOL + 1)))
    answer = unpack(await reader.readline())
    assert isinstance(answer, Response)
    assert answer.failure is not None
    assert "another version" in answer.failure.message
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(
    "frames",
    [
        b"\n", b"{}\n", b"\xff\xfe\n", b'{"type":"hello"}\n', b"x" * 70_000,
        pack(Hello(account=None, channel="cli")) + b"garbage\n",
        pack(Hello(account=None, channel="cli")) + pack(Hello(account=None, channel="x")),
        pack(Hello(account=None, channel="cli")) + pack(Request(1, "send", [])),
        pack(Hello(account=None, channel="cli")) + pack(Request(1, "close", [])),
        pack(Hello(account=None, channel="cli")) + pack(Request(1, "__class__", [])),
        pack(Hello(account=None, channel="cli")) + pack(Request(1, "halt", [raw(5)])),
    ],
)  # fmt: skip
async def test_garbage_hurts_only_its_sender(owner: Owner, frames: bytes) -> None:
    sound = await owner.desk()
    reader, writer = await raw_client(owner)
    writer.write(frames)
    writer.write_eof()
    with contextlib.suppress(ConnectionError):
        await reader.read()
    writer.close()
    assert (await sound.run("price", {"pair": "BTC"})).ok
    report = sound.store.get(RISK)
    assert report is not None
    assert report.status.state is TradingState.ACTIVE
    await sound.close()


async def test_a_client_that_does_not_read_is_dropped_and_holds_up_nobody(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MAX_BACKLOG_BYTES", 2_000_000)
    link = socket.socket(socket.AF_UNIX)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.connect(str(owner.path))
    link.sendall(pack(Hello(account=None, channel="terminal")))
    await until(lambda: len(owner.server._clients) == 1)
    sound = await owner.desk()
    for number in range(60):
        await sound.send(f"note {number} " + "x" * 3000)
    await until(lambda: len(owner.server._clients) == 1)
    assert len(said_to(sound)) == 120
    link.close()
    await sound.close()


async def test_the_socket_answers_only_its_own_user(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bool] = []

    def stranger(writer: asyncio.StreamWriter) -> bool:
        checked.append(same_user(writer))
        return False

    assert owner.path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(serving, "same_user", stranger)
    with pytest.raises(EngineLostError):
        await owner.desk()
    assert checked == [True]


async def test_what_is_asked_when_the_owner_leaves_is_still_answered(owner: Owner) -> None:
    house = owner.house
    desk = await owner.desk()
    house.venue.gate = asyncio.Event()
    asking = asyncio.create_task(desk.send("buy BTC for $100", approve=True))
    await house.venue.waiting.wait()
    leaving = asyncio.create_task(owner.server.stop())
    await asyncio.sleep(0.05)
    assert not leaving.done()
    house.venue.gate.set()
    outcome = await asking
    await leaving
    assert outcome.order is not None
    assert not owner.path.exists()
    await desk.wait_lost()
    assert desk.lost
    await desk.close()


async def test_a_client_that_hangs_up_gets_its_order_told_all_the_same(owner: Owner) -> None:
    house = owner.house
    desk = await owner.desk()
    house.venue.gate = asyncio.Event()
    asking = asyncio.create_task(desk.send("buy BTC for $100", approve=True))
    await house.venue.waiting.wait()
    await desk.close()
    asking.cancel()
    house.venue.gate.set()
    await house.gateway.settle()
    assert house.said[-1].startswith("Bought")
    await until(lambda: not owner.server._clients)


async def test_calls_fail_plainly_once_the_engine_is_gone(owner: Owner) -> None:
    desk = await owner.desk()
    owner.house.venue.gate = asyncio.Event()
    asking = asyncio.create_task(desk.send("buy BTC for $100", approve=True))
    await owner.house.venue.waiting.wait()
    for task in tuple(owner.server._clients):
        task.cancel()
    with pytest.raises(EngineLostError):
        await asking
    with pytest.raises(EngineLostError, match="has stopped"):
        await desk.send("positions")
    assert desk.lost
    owner.house.venue.gate.set()
    await owner.house.gateway.settle()
    await desk.close()


async def test_a_socket_nobody_listens_on_is_an_ordinary_failure(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await RemoteDesk.connect(tmp_path / "none.sock", account=None, channel="cli")


async def test_newest_prices_reach_a_desk_that_was_idle(owner: Owner) -> None:
    desk = await owner.desk()
    owner.house.venue.set_price(BTC, "50500")
    await owner.house.poll()
    await until(lambda: (desk.store.get(TICKERS) or {})[BTC].last == Decimal(50_500))
    await desk.close()
