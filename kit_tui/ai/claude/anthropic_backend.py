"""Claude by way of Anthropic's client library, which is imported when it is first needed."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import warnings
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from kit_tui.ai.claude.assembly import Assembly, named
from kit_tui.ai.claude.errors import (
    Heard,
    PassingError,
    bad_key,
    bad_reply,
    closed,
    from_exception,
    no_key,
    not_installed,
    timed_out,
)
from kit_tui.ai.claude.protocol import ModelEvent, ModelReply, ModelRequest, OnEvent
from kit_tui.ai.claude.wire import request_body
from kit_tui.domain.clock import Clock

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic, AsyncAPIResponse

DEFAULT_URL = "https://api.anthropic.com"
_MOST_MODELS = 1_000
_LIBRARIES = ("anthropic", "httpx2", "httpcore2")


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a call waits, in seconds: for a connection, for the next byte, and in all."""

    connect_s: float = 5.0
    read_s: float = 45.0
    whole_s: float = 90.0


class AnthropicBackend:
    """A `ModelBackend`. Key and address are what is given here, whatever the environment says."""

    def __init__(
        self,
        api_key: str,
        *,
        clock: Clock,
        base_url: str = DEFAULT_URL,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        self._key = api_key.strip()
        self._clock = clock
        self._base_url = base_url or DEFAULT_URL
        self._patience = patience
        self._client: AsyncAnthropic | None = None
        self._closed = False
        self._making = asyncio.Lock()

    async def warm(self) -> None:
        """Import the client library and make a client, in a thread; it takes about a second.

        Raises:
            AiError: when there is no proper key, address or library to do it with.
        """
        await self._connected()

    async def call(self, request: ModelRequest, on_event: OnEvent) -> ModelReply:
        """One streamed call, as `ModelBackend` says; a refusal of the model is an AiError too."""
        began = self._clock.monotonic()
        answer = Assembly(request.model)
        try:
            async with asyncio.timeout(self._patience.whole_s) as bound:
                await self._asked(request, answer, on_event)
        except TimeoutError:
            if not bound.expired():
                raise
            raise timed_out(answer.heard) from None
        return answer.reply(round((self._clock.monotonic() - began) * 1_000))

    async def models(self) -> Mapping[str, str]:
        """Ids and names of the models the key may use; raises AiError."""
        heard = Heard("The list of models")
        try:
            async with asyncio.timeout(self._patience.whole_s):
                client = await self._connected()
                found: dict[str, str] = {}
                async for model in client.models.list(limit=_MOST_MODELS):
                    found[str(model.id)] = str(model.display_name or model.id)
                    if len(found) >= _MOST_MODELS:
                        break
        except TimeoutError:
            raise timed_out(heard) from None
        except Exception as error:  # noqa: BLE001 - whatever a broken reply makes the library raise
            raise from_exception(error, heard, answered=True) from None
        return found

    async def close(self) -> None:
        """Let go of the connection for good; a turn under way does not go on with the old key."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _asked(self, request: ModelRequest, answer: Assembly, on_event: OnEvent) -> None:
        """Ask, and once more where the failure may have passed and nothing was heard yet."""
        try:
            await self._asked_once(request, answer, on_event)
        except PassingError as error:
            if answer.began:
                raise
            await self._clock.sleep(error.pause_s)
            await self._asked_once(request, answer, on_event)

    async def _asked_once(self, request: ModelRequest, answer: Assembly, on_event: OnEvent) -> None:
        async with aclosing(self._events(request, answer)) as events:
            async for event in events:
                on_event(event)

    async def _events(
        self, request: ModelRequest, answer: Assembly
    ) -> AsyncGenerator[ModelEvent, None]:
        """What may be shown of an answer, as it arrives; every failure is an AiError."""
        answered = False
        try:
            client = await self._connected()
            from anthropic import AsyncStream

            asking = client.messages.with_streaming_response.create(
                **request_body(request), stream=True
            )
            async with asking as response:
                answered = True
                answer.request_id = named(response.headers.get("request-id"))
                _check_stream(response, answer)
                # Raw events: the library's own reading completes half a tool call silently.
                async for raw in AsyncStream.raw_events(response.http_response):
                    for event in answer.take(raw.event, raw.data):
                        yield event
                    if answer.ended:
                        return
        except Exception as error:  # noqa: BLE001 - broken data makes the library raise anything
            raise from_exception(error, answer.heard, answered=answered) from None

    async def _connected(self) -> AsyncAnthropic:
        if self._closed:
            raise closed()
        if not self._key:
            raise no_key()
        if not self._key.isascii() or not self._key.isprintable() or " " in self._key:
            raise bad_key()
        async with self._making:
            if self._client is None:
                client = await asyncio.to_thread(_without_collecting, self._prepared_client)
                if self._closed:
                    await client.close()
                    raise closed()
                self._client = client
            return self._client

    def _prepared_client(self) -> AsyncAnthropic:
        """A client that has done what is slow the first time; runs in a thread."""
        try:
            _import_library()
            import httpx2
            from anyio.lowlevel import checkpoint
        except ImportError:
            raise not_installed() from None
        try:
            client = self._new_client()
            # Each of these is slow the first time, 100 ms and more, which a screen would feel.
            httpx2.Request("POST", client.base_url, headers=httpx2.Headers(), json={})
            asyncio.run(checkpoint())
        except Exception as error:  # noqa: BLE001 - an address can be wrong in many ways
            raise from_exception(error, Heard(""), answered=False) from None
        return client

    def _new_client(self) -> AsyncAnthropic:
        import anthropic

        # The server says itself when a model is gone, and warnings would be written on the screen.
        warnings.filterwarnings("ignore", "The model '.*' is deprecated", DeprecationWarning)
        wait = anthropic.Timeout(self._patience.read_s, connect=self._patience.connect_s)
        client = anthropic.AsyncAnthropic(
            api_key=self._key,
            base_url=self._base_url,
            timeout=wait,
            max_retries=0,
            open_telemetry=False,
            # A redirect would carry the whole prompt to another host.
            http_client=anthropic.DefaultAsyncHttpxClient(follow_redirects=False, timeout=wait),
        )
        # The library takes headers from ANTHROPIC_CUSTOM_HEADERS, the key's header among them.
        client._custom_headers = {}  # noqa: SLF001 - there is no other way to leave them out
        return client


def _without_collecting(prepared: Callable[[], AsyncAnthropic]) -> AsyncAnthropic:
    """Prepare with the garbage collector off, which would hold up everything for 100 ms and more.

    The modules and classes that came are made to stay.
    """
    collected = gc.isenabled()
    gc.disable()
    try:
        return prepared()
    finally:
        if collected:
            gc.freeze()
            gc.enable()


def _import_library() -> None:
    """Import the client library such that it cannot write on the screen."""
    os.environ.pop("ANTHROPIC_LOG", None)  # it would log prompts to stderr
    importlib.import_module("anthropic")
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())


def _check_stream(response: AsyncAPIResponse[Any], answer: Assembly) -> None:
    kind = response.headers.get("content-type", "")
    if not kind.startswith("text/event-stream"):
        raise bad_reply(answer.heard, "It is not the answer of a Messages API.")
