"""One channel on a service, with a gateway that mirrors: what a case is played on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from kit_tui.channels.chat import ChatChannel
from kit_tui.channels.transport import Transport, Wait
from kit_tui.state.deliveries import Deliveries
from tests.channels.conversation.messenger import Messenger, Seen, asked, until
from tests.channels.fakes import Guests, MirrorGateway
from tests.support.clock import FakeClock


@asynccontextmanager
async def running(
    messenger: Messenger,
    clock: FakeClock,
    *,
    guests: Guests | None = None,
    gateway: MirrorGateway | None = None,
    deliveries: Deliveries | None = None,
    groups: bool = False,
    token: str = "",
    ready: bool = True,
    tries: Tries | None = None,
    **options: Any,
) -> AsyncIterator[MirrorGateway]:
    """A started channel that listens, if `ready`, with its gateway; stopped at the end."""
    keys = count(1)
    values: dict[str, Any] = {"make_nonce": lambda: f"KEY{next(keys)}", **options}
    transport = messenger.transport(groups=groups, token=token)
    if tries is not None:
        tries.watch(transport)
    channel = ChatChannel(transport, deliveries or Deliveries(), clock, **values)
    gateway = gateway or MirrorGateway(clock, guests or Guests(messenger.person("ann")))
    await gateway.mirror_to(channel)
    if ready:
        await messenger.ready()
        await until(lambda: gateway.states[-1] == "up")
    try:
        yield gateway
    finally:
        await channel.stop()
        gateway.stopped()


async def ticket_shown(messenger: Messenger, gateway: MirrorGateway, **changes: Any) -> Seen:
    """Put up a ticket; its post, once the gateway knows that it arrived."""
    before = len(asked(messenger))
    await gateway.propose(**changes)
    await until(lambda: len(asked(messenger)) > before)
    await until(lambda: not gateway.deliveries[-1].waiting)
    return asked(messenger)[-1]


def now(messenger: Messenger, seen: Seen) -> Seen:
    """A post as it reads by now."""
    return next(one for one in messenger.posts() if one.id == seen.id)


def kinds(gateway: MirrorGateway) -> str:
    """Everything that was said of the line's state."""
    return "; ".join(connection.detail for connection in gateway.connections)


class Tries:
    """Notes when posts were sent or changed, and for how long each was asked to wait."""

    def __init__(self, clock: FakeClock) -> None:
        self.times: list[float] = []
        self.waits: list[tuple[float, float]] = []
        self._clock = clock

    def watch(self, transport: Transport) -> None:
        """Note what this transport is asked to do."""
        for name in ("send", "edit"):
            setattr(transport, name, self._noted(getattr(transport, name)))

    def _noted(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def noted(*arguments: Any) -> Any:
            self.times.append(self._clock.monotonic())
            try:
                return await call(*arguments)
            except Wait as pause:
                self.waits.append((self._clock.monotonic(), pause.seconds))
                raise

        return noted

    @property
    def too_early(self) -> list[float]:
        """The tries that were made before a wait was over."""
        return [
            at for at in self.times
            for asked_at, seconds in self.waits if asked_at < at < asked_at + seconds - 0.001
        ]  # fmt: skip
