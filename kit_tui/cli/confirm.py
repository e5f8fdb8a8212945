"""Asking a person to type a word, without holding up an engine that runs in this process."""

from __future__ import annotations

import asyncio
import threading

from kit_tui.cli.shell import Shell
from kit_tui.domain.errors import KitError


async def typed_word(shell: Shell, word: str, purpose: str, *, flag: bool = True) -> str:
    """What the person typed when asked for `word`; `flag` says that --confirm would do as well.

    Raises:
        KitError: when nobody is there to ask.
    """
    if not shell.interactive:
        raise KitError(
            f"Nobody is here to type {word}.",
            hint=f"On a terminal you are asked; elsewhere add --confirm {word}."
            if flag
            else "It is typed at a terminal, by a person.",
            title="Not confirmed",
        )
    print(f"Type {word} to {purpose}: ", end="", file=shell.stderr, flush=True)
    return await _line(shell)


async def _line(shell: Shell) -> str:
    """One line of input; read by a daemon thread, so that ctrl+c need not wait for Enter."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def take(line: str) -> None:
        if not answer.done():
            answer.set_result(line)

    def read() -> None:
        line = shell.stdin.readline()
        if not loop.is_closed():
            loop.call_soon_threadsafe(take, line)

    threading.Thread(target=read, name="confirmation", daemon=True).start()
    return (await answer).strip()
