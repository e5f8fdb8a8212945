"""What a command of the command line has to work with, injected so that tests can hold it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Protocol, TextIO

from kit_tui.cli.style import Style
from kit_tui.gateway.desk import Desk
from kit_tui.settings.locations import Locations


class OpenDesk(Protocol):
    """`runtime.open.open_desk`, or a test's own."""

    def __call__(
        self,
        locations: Locations,
        *,
        demo: bool,
        environ: Mapping[str, str],
        channel: str,
        account: str | None = None,
    ) -> Awaitable[Desk]: ...


@dataclass(frozen=True, slots=True)
class Shell:
    """The surroundings of one run of `kit`; `account` is the one asked for with --account."""

    environ: Mapping[str, str]
    locations: Locations
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    open_desk: OpenDesk
    account: str | None = None

    @property
    def style(self) -> Style:
        return Style.for_stream(self.stdout, self.environ)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        return self.stdin.isatty() and self.stderr.isatty()

    def say(self, text: str) -> None:
        """Print an answer."""
        print(text, file=self.stdout, flush=True)

    def complain(self, text: str) -> None:
        """Print what is no answer: reasons, questions, progress."""
        print(text, file=self.stderr, flush=True)

    async def desk(self, *, demo: bool, channel: str = "cli", model: bool = False) -> Desk:
        """A desk on this home's engine, started in this process if there is none.

        On the channel "cli" that engine lives for one command only and starts no other channels.
        `model` says that the language model may be asked.
        """
        environ = self.environ
        if self.locations.vault.exists() and not demo:
            from kit_tui.cli.unlock import unlocked

            # Asked here, while nothing else runs yet: whoever waits for a person holds nobody up.
            environ = unlocked(
                self.locations, environ, model=model or channel != "cli", channels=channel != "cli"
            )
        return await self.open_desk(
            self.locations, demo=demo, environ=environ, channel=channel,
            account=None if demo else self.account,
        )  # fmt: skip


async def open_desk(
    locations: Locations,
    *,
    demo: bool,
    environ: Mapping[str, str],
    channel: str,
    account: str | None = None,
) -> Desk:
    """The real opener; what it needs is imported only now."""
    from kit_tui.runtime import open as opening

    return await opening.open_desk(
        locations, demo=demo, environ=environ, channel=channel, account=account
    )
