"""Discord: the gateway and REST through discord.py, against Discord or a server like it."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import logging
from collections.abc import Awaitable, Collection
from typing import TYPE_CHECKING, Any, TypeVar

from kit_tui.channels.backoff import Backoff
from kit_tui.channels.discord_errors import NOT_CONNECTED, failure_of, network_errors, trouble_of
from kit_tui.channels.discord_markdown import LIMIT, size
from kit_tui.channels.discord_reading import NAME, user_of
from kit_tui.channels.discord_writing import picture_of, reads_as, shown
from kit_tui.channels.text import Line
from kit_tui.channels.transport import Ear, Limits, Post, Refused, Shut, Unreachable, Wait
from kit_tui.commands.command import Command
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError

if TYPE_CHECKING:
    from discord import Client, Message
    from discord.abc import Messageable

T = TypeVar("T")
LOOKED_AT = 20
NONCE = 24
log = logging.getLogger(__name__)


class DiscordTransport:
    """One bot. In the channels `groups` it listens to mentions; `roles` tells that those of the
    server `guild` matter.

    Raises:
        KitError: when the library is not installed.
    """

    name = NAME
    limits = Limits(text=LIMIT, every_s=1.0, burst=5, caption=LIMIT)

    def __init__(
        self,
        token: str,
        clock: Clock,
        *,
        api_url: str | None = None,
        guild: int | None = None,
        roles: bool = False,
        groups: Collection[str] = (),
        in_channels: bool = False,
    ) -> None:
        if importlib.util.find_spec("discord") is None:
            raise KitError(
                "Discord needs a library that is not installed.",
                hint="Install it: pip install 'kit-tui[discord]'",
            )
        self._token = token
        self._clock = clock
        self.api_url = api_url
        self.guild = guild
        self.roles = roles
        self.groups = frozenset(groups)
        self._in_channels = in_channels or bool(groups)
        self._client: Client | None = None
        self._invite = ""
        self._direct: dict[int, int] = {}
        self._waits = Backoff()

    def link(self, code: str) -> str:
        """The address that invites the bot to a server; empty until Discord was reached."""
        return self._invite

    def size(self, lines: list[Line]) -> int:
        """Length as Discord counts it, or a little more."""
        return size(lines)

    # -- listening -----------------------------------------------------------------------------

    async def run(self, ear: Ear, menu: tuple[Command, ...]) -> None:
        """Stay connected until cancelled. What discord.py does not take up again begins anew."""
        from kit_tui.channels.discord_line import DiscordLine

        await asyncio.to_thread(importlib.import_module, "discord")
        while True:
            line = DiscordLine(self, ear, menu, self._clock)
            pause = 0.0
            try:
                await self._listen(line)
            except Exception as error:
                if not isinstance(error, (*network_errors(), AttributeError)):
                    log.exception("the line to Discord broke")
                state, detail, pause = trouble_of(error)
                ear.state(state, detail)
            else:
                ear.state("down", "Discord closed the line")
            await self._clock.sleep(pause or self._waits.next())

    async def _listen(self, line: Any) -> None:
        async with line.client as client:
            try:
                await client.start(self._token)
            finally:
                self._client = None

    def came_up(self, client: Client) -> None:
        """The line stands: posts can go out."""
        self._client = client
        self._waits.reset()
        if client.application_id is not None:
            self._invite = invite_url(
                client.application_id, guild=self.guild, in_channels=self._in_channels
            )

    # -- sending -------------------------------------------------------------------------------

    async def send(self, chat: str, post: Post) -> str:
        """Send a post; its id. With its key Discord takes it once for some minutes."""
        channel = await self._channel(chat)
        message: Message = await self._tried(
            channel.send(
                **{name: value for name, value in shown(post).items() if value},
                **picture_of(post), silent=post.silent, nonce=_nonce(chat, post),
            )
        )  # fmt: skip
        return str(message.id)

    async def edit(self, chat: str, post_id: str, post: Post) -> None:
        """Change a post's words and buttons."""
        channel = await self._channel(chat)
        message = self._sender().get_partial_messageable(channel.id).get_partial_message(
            int(post_id)
        )  # fmt: skip
        await self._tried(message.edit(**shown(post)))

    def newest(self, chat: str, known: str) -> str:
        """The newest id there that is known."""
        return known

    async def find(self, chat: str, post: Post, after: str) -> str | None:
        """Look for a post among the newest: after some minutes its key is not known any more."""
        if not after.isdigit():
            return None
        channel = await self._channel(chat)
        return await self._tried(self._found(channel, post, int(after)))

    async def _found(self, channel: Any, post: Post, after: int) -> str | None:
        from discord import Object

        me = self._sender().user
        async for message in channel.history(after=Object(after), limit=LOOKED_AT):
            own = me is not None and message.author.id == me.id
            pictured = bool(message.attachments) == (post.picture is not None)
            if own and pictured and reads_as(post, message.content, message.embeds):
                return str(message.id)
        return None

    async def typing(self, chat: str) -> None:
        """Show that an answer is being written."""
        try:
            channel = await self._channel(chat)
            await self._tried(_typing(channel))
        except (Refused, Shut, Wait, Unreachable) as error:
            log.debug("not shown as typing: %s", type(error).__name__)

    async def _channel(self, chat: str) -> Any:
        """Where a chat is written to; direct messages are opened first."""
        from discord import Object

        client, user = self._sender(), user_of(chat)
        number = int(chat) if user is None else self._direct.get(user)
        if number is None:
            assert user is not None  # noqa: S101 - a channel of a server has its number
            opened = await self._tried(client.create_dm(Object(user)))
            number = self._direct[user] = opened.id
        return client.get_partial_messageable(number)

    async def _tried(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except network_errors() as error:
            raise failure_of(error) from error

    def _sender(self) -> Client:
        if self._client is None or self._client.is_closed():
            raise Unreachable(NOT_CONNECTED)
        return self._client


async def _typing(channel: Messageable) -> None:
    await channel.typing()


def _nonce(chat: str, post: Post) -> str | None:
    """The key of a post within Discord's length; None for a post without one."""
    if not post.key:
        return None
    return hashlib.sha256(f"{chat} {post.key}".encode()).hexdigest()[:NONCE]


def invite_url(application_id: int, *, guild: int | None = None, in_channels: bool = False) -> str:
    """The address that adds the bot to a server, with no more rights than it needs.

    Direct messages need none; `in_channels` asks to see and write in channels.
    """
    from discord import Object, Permissions
    from discord.utils import MISSING, oauth_url

    rights = Permissions.none()
    if in_channels:
        rights = Permissions(
            view_channel=True, send_messages=True, embed_links=True, attach_files=True,
            read_message_history=True,
        )  # fmt: skip
    return oauth_url(
        application_id, permissions=rights, scopes=("bot", "applications.commands"),
        guild=Object(guild) if guild is not None else MISSING,
    )  # fmt: skip
