"""Two devices on a fake desk: people paired on channels, what they said, how far they were told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from kit_tui.domain.cards import TicketCard
from kit_tui.domain.message import Message, Role, Speaker
from kit_tui.domain.people import Access, Door, Person
from kit_tui.domain.ticket import TicketState
from kit_tui.state.slices import ACCESS, CONNECTIONS, CONVERSATION, DELIVERIES, Connection, Delivery
from tests.support.fake_desk import FakeDesk, make_ticket

ANN_KEY = "telegram:4711"


def ann(desk: FakeDesk, role: Role = Role.TRADER) -> Person:
    """Somebody who was paired two days ago."""
    return Person(
        channel="telegram", user="4711", chat="4711", name="Ann", role=role,
        since=desk.clock.now() - timedelta(days=2),
    )  # fmt: skip


def pair_ann(desk: FakeDesk) -> None:
    """Ann on Telegram, Ben on Discord, somebody of the settings; strangers were turned away."""
    ben = Person(
        channel="discord", user="99", chat="12", name="Ben", role=Role.VIEWER,
        since=desk.clock.now() - timedelta(hours=5),
    )  # fmt: skip
    listed = Person(
        channel="telegram", user="1288", chat="1288", name="", role=Role.TRADER, declared=True
    )
    doors = (
        Door(channel="discord"),
        Door(
            channel="telegram", strangers=2, turned_away=5, quiet="23:00-07:00 UTC"
        ),
    )  # fmt: skip
    desk.store.publish(ACCESS, Access(people=(ben, ann(desk), listed), doors=doors))
    others = [c for c in desk.store.get(CONNECTIONS) or () if c.kind != "channel"]
    now = desk.clock.now()
    channels = [
        Connection(name=name, kind="channel", state="up", latency_ms=ms, last_ok_at=now, since=now)
        for name, ms in (("discord", 88), ("telegram", 61))
    ]
    desk.store.publish(CONNECTIONS, (*others, *channels))


def told(desk: FakeDesk, short_of: int = 0, problem: str = "", channel: str = "telegram") -> None:
    """A channel was told all but the newest so many messages."""
    newest = (desk.store.get(CONVERSATION) or ())[-1].number
    delivery = Delivery(
        channel=channel, reached=newest - short_of, waiting=short_of, problem=problem
    )
    others = [d for d in desk.store.get(DELIVERIES) or () if d.channel != channel]
    desk.store.publish(DELIVERIES, (*others, delivery))


def from_phone(desk: FakeDesk, text: str) -> Message:
    """Something Ann says on Telegram."""
    return desk.add_message(text, Speaker.PERSON, channel="telegram", principal=ANN_KEY, name="Ann")


def to_phone(desk: FakeDesk, question: Message, text: str, **more: Any) -> Message:
    """K.I.T.'s answer to it."""
    return desk.add_message(
        text, Speaker.KIT, channel="telegram", principal=ANN_KEY, name="kit", reply_to=question.id,
        engine="offline grammar", **more,
    )  # fmt: skip


def told_by_itself(desk: FakeDesk, kind: str, text: str) -> Message:
    """Something nobody asked for."""
    return desk.add_message(
        text, Speaker.SYSTEM, channel="kit", principal="", name="kit", kind=kind
    )


def two_devices(desk: FakeDesk) -> None:
    """A conversation that went on at the terminal and on Ann's phone."""
    pair_ann(desk)
    desk.add_message("Is the stop of ETH in place?", Speaker.PERSON)
    desk.add_message("ETH has a stop at **3,251.0** on binance.", engine="offline grammar")
    asked = from_phone(desk, "Buy BTC for $100")
    ticket = make_ticket(desk.clock.now())
    answered = replace(
        ticket, state=TicketState.APPROVED, answered_by="Ann", answered_on="telegram",
        answered_at=desk.clock.now(),
    )  # fmt: skip
    to_phone(desk, asked, "Ready to buy 0.00149 BTC at market.", cards=(TicketCard(answered),))
    told_by_itself(desk, "fill", "Bought 0.00149 BTC at 67,012.4 on binance.")
    told_by_itself(desk, "guard", "SOL fell 3.1 % in 5 minutes; entries in SOL wait.")
    told(desk)


def telegram_waits(desk: FakeDesk) -> None:
    """The same, and the newest three have not arrived."""
    two_devices(desk)
    told(desk, 3, "Telegram does not answer")
    connections = desk.store.get(CONNECTIONS) or ()
    desk.store.publish(
        CONNECTIONS,
        tuple(
            replace(c, state="degraded", detail="sending fails: Telegram does not answer")
            if c.name == "telegram"
            else c
            for c in connections
        ),
    )
