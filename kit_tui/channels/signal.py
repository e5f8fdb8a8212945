"""Signal: calls and the event stream of a signal-cli daemon, which holds the account."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kit_tui.channels.backoff import Backoff
from kit_tui.channels.signal_errors import (
    NO_METHOD,
    SILENT,
    Puzzled,
    RateLimited,
    failed_row,
    failure_of,
)
from kit_tui.channels.signal_events import EventReader, TooLongError
from kit_tui.channels.signal_reading import NAME, Addresses, Versions, normal, read_event
from kit_tui.channels.signal_text import LIMIT, as_text, size, styles
from kit_tui.channels.text import Line
from kit_tui.channels.transport import Ear, Limits, Post, Pressed, Refused, Unreachable, Wait
from kit_tui.commands.command import Command
from kit_tui.domain.clock import Clock

if TYPE_CHECKING:
    import httpx

CONNECT_S, ANSWER_S = 5.0, 60.0
SILENCE_S = 40.0
"""The daemon sends a sign of life every 15 seconds; a stream silent for so long is dead."""
PUZZLED = 5
"""So often a post is tried which the daemon fails at without saying why."""
log = logging.getLogger(__name__)


class SignalTransport:
    """One number of a daemon at `url`; `users` are the people in the settings.

    Answers do not grow here: Signal lets a message be changed ten times, which is kept for tickets.
    """

    name = NAME
    limits = Limits(text=LIMIT, every_s=1.0, burst=5, edits=False, buttons=False)

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        account: str = "",
        users: Iterable[str] = (),
        silence_s: float = SILENCE_S,
    ) -> None:
        self._url = url.rstrip("/")
        self._clock = clock
        self._wanted = normal(account)
        self._account = ""
        self._addresses = Addresses(users)
        self._versions = Versions()
        self._silence_s = silence_s
        self._http: httpx.AsyncClient | None = None
        self._ear: Ear | None = None
        self._limited = False
        self._failures: Counter[str] = Counter()

    def size(self, lines: list[Line]) -> int:
        """Length in bytes, as Signal counts."""
        return size(lines)

    # -- listening -----------------------------------------------------------------------------

    async def run(self, ear: Ear, menu: tuple[Command, ...]) -> None:
        """Listen until cancelled; an outage is waited out. Signal has no menu."""
        # Below warnings the HTTP client writes every address, and the number is part of it.
        for library in ("httpx", "httpcore"):
            logging.getLogger(library).setLevel(logging.WARNING)
        self._ear, waits = ear, Backoff()
        http = await asyncio.to_thread(self._build)
        async with http:
            while True:
                detail = await self._listened(http, ear, waits)
                self._http = None
                ear.state("down", detail)
                await self._clock.sleep(waits.next())

    def _build(self) -> httpx.AsyncClient:
        import httpx

        return httpx.AsyncClient(
            base_url=self._url, trust_env=False, timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        )  # fmt: skip

    async def _listened(self, http: httpx.AsyncClient, ear: Ear, waits: Backoff) -> str:
        """Listen as long as that goes; why it ended."""
        import httpx

        try:
            await self._greet(http, ear)
            await self._read(http, ear, waits)
        except (Unreachable, Wait, Refused) as trouble:
            return str(trouble)
        except httpx.ReadTimeout:
            return "the daemon has fallen silent"
        except (httpx.TransportError, httpx.InvalidURL, TooLongError):
            return SILENT
        except Exception:
            log.exception("the events of signal-cli could not be read")
            return "an answer could not be read"
        return "the daemon has ended the line"

    async def _greet(self, http: httpx.AsyncClient, ear: Ear) -> None:
        """Find out which number we speak from, and who has the numbers of the settings."""
        started = self._clock.monotonic()
        self._account = await self._own_account(http)
        ear.state("connecting", latency_ms=(self._clock.monotonic() - started) * 1_000)
        numbers = self._addresses.unknown
        if not numbers:  # Signal counts such questions
            return
        try:
            found = await self._call(http, "getUserStatus", {"recipient": numbers})
        except (Unreachable, Refused, Wait) as trouble:
            # Only who hides the number from us is not known without it.
            log.info("signal-cli did not tell who has the numbers in the settings: %s", trouble)
            return
        for row in found if isinstance(found, list) else ():
            if row.get("uuid") and row.get("number"):
                self._addresses.learn(normal(row["number"]), row["uuid"])

    async def _own_account(self, http: httpx.AsyncClient) -> str:
        """Our number at a daemon that may serve several; empty at one that was started for one."""
        answer = await self._answer(http, "listAccounts", {})
        error = answer.get("error")
        if isinstance(error, dict):
            if error.get("code") == NO_METHOD:
                return ""
            raise failure_of(error)
        rows = answer.get("result")
        numbers = [str(row.get("number")) for row in rows] if isinstance(rows, list) else []
        if self._wanted:
            if self._wanted not in numbers:
                raise Unreachable(f"the number {self._wanted} is not registered at the daemon")
            return self._wanted
        if not numbers:
            raise Unreachable("no number is registered at the daemon")
        if len(numbers) > 1:
            raise Unreachable("the daemon serves several numbers: set channels.signal.account")
        return numbers[0]

    async def _read(self, http: httpx.AsyncClient, ear: Ear, waits: Backoff) -> None:
        import httpx

        params = {"account": self._account} if self._account else {}
        timeout = httpx.Timeout(CONNECT_S, read=self._silence_s)
        reader = EventReader()
        async with http.stream("GET", "/api/v1/events", params=params, timeout=timeout) as stream:
            if stream.status_code != httpx.codes.OK:
                raise Unreachable(_refusal(stream.status_code))
            self._http = http
            waits.reset()
            ear.state("up")
            async for piece in stream.aiter_bytes():
                for data in reader.feed(piece):
                    await self._hear(data, ear)

    async def _hear(self, data: bytes, ear: Ear) -> None:
        """Take in one event; one that cannot be read is left out."""
        try:
            own = self._account or self._wanted
            said = read_event(json.loads(data), own, self._addresses, self._versions)
            if isinstance(said, Pressed):
                await ear.press(said)
            elif said is not None:
                await ear.hear(said)
        except (ValueError, TypeError, AttributeError) as error:
            log.warning("an event of signal-cli could not be read: %s", type(error).__name__)

    # -- sending -------------------------------------------------------------------------------

    async def send(self, chat: str, post: Post) -> str:
        """Send a post; its id is its timestamp."""
        return await self._sent(chat, post)

    async def edit(self, chat: str, post_id: str, post: Post) -> None:
        """Change a post; the daemon does not tell whether it is there."""
        changed = await self._sent(chat, post, editTimestamp=int(post_id))
        self._versions.changed(post_id, changed)

    def newest(self, chat: str, known: str) -> str:
        """The newest id there that is known."""
        return known

    async def find(self, chat: str, post: Post, after: str) -> str | None:
        """Nothing sent can be looked up on Signal: better twice than never."""
        return None

    async def typing(self, chat: str) -> None:
        """Show that an answer is being written."""
        try:
            await self._call(self._sender(), "sendTyping", {"recipient": [chat]})
        except (Wait, Unreachable, Refused) as trouble:
            log.debug("not shown as typing: %s", trouble)

    async def _sent(self, chat: str, post: Post, **more: Any) -> str:
        params: dict[str, Any] = {"recipient": [chat], "message": as_text(post.lines), **more}
        if marks := styles(post.lines):
            params["textStyle"] = marks
        if post.silent:  # comes without waking the phone
            params["noUrgent"] = True
        if post.picture is not None:
            picture = base64.b64encode(post.picture).decode()
            params["attachment"] = [f"data:image/png;filename=picture.png;base64,{picture}"]
        try:
            result = await self._call(self._sender(), "send", params)
        except RateLimited as pause:
            self._rest(pause)
            raise
        except Puzzled as failure:
            self._failures[chat] += 1
            if self._failures[chat] >= PUZZLED:
                del self._failures[chat]
                raise Refused(str(failure)) from failure
            raise
        self._failures.pop(chat, None)
        self._work_again()
        when = result.get("timestamp") if isinstance(result, dict) else None
        if not isinstance(when, int):
            raise Unreachable("the daemon's answer could not be read", in_doubt=True)
        return str(when)

    def _rest(self, pause: RateLimited) -> None:
        until = self._clock.now() + timedelta(seconds=pause.told)
        detail = f"rate limited until {until:%d %b %H:%M} UTC"
        if pause.captcha:
            detail += "; a captcha ends it: signal-cli submitRateLimitChallenge"
        self._limited = True
        if self._ear is not None:
            self._ear.state("degraded", detail)

    def _work_again(self) -> None:
        if self._limited and self._ear is not None:
            self._limited = False
            self._ear.state("up")

    def _sender(self) -> httpx.AsyncClient:
        if self._http is None:
            raise Unreachable("not connected")
        return self._http

    # -- calls ---------------------------------------------------------------------------------

    async def _call(self, http: httpx.AsyncClient, method: str, params: dict[str, Any]) -> Any:
        """The result of a method."""
        answer = await self._answer(http, method, params)
        error = answer.get("error")
        if isinstance(error, dict):
            raise failure_of(error)
        result = answer.get("result")
        failed = failed_row(result)
        if failed is not None:
            raise failed
        return result

    async def _answer(
        self, http: httpx.AsyncClient, method: str, params: dict[str, Any]
    ) -> dict[str, Any]:
        import httpx

        if self._account:
            params = {**params, "account": self._account}
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = await http.post("/api/v1/rpc", json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(SILENT) from error
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(SILENT, in_doubt=True) from error
        if answer.status_code != httpx.codes.OK:
            raise Unreachable(_refusal(answer.status_code), in_doubt=True)
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Unreachable("the daemon's answer could not be read", in_doubt=True)
        return told


def _refusal(status: int) -> str:
    if status == 421:  # it looks at the name it was called by
        return "the daemon wants to be called by its own address, such as 127.0.0.1"
    return f"the daemon answered with status {status}"
