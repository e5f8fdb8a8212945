"""Asking for what must not be seen: at the terminal of this machine only, and never echoed."""

from __future__ import annotations

from kit_tui.cli.shell import Shell
from kit_tui.domain.errors import KitError


def ask_hidden(shell: Shell, question: str) -> str:
    """What the person typed unseen.

    Raises:
        KitError: when nobody is at a terminal, or they closed it in place of answering.
    """
    if not shell.interactive:
        raise KitError(
            "Secrets are typed at a terminal, and this is none.",
            hint="--stdin reads the keys from a pipe; the vault's passphrase then comes from "
            "KIT_VAULT_PASSPHRASE.",
            title="Not asked",
        )
    import getpass

    try:
        return getpass.getpass(question, stream=shell.stderr).strip("\r\n")
    except EOFError:
        raise KitError("Nothing was typed; nothing was stored.", title="Not connected") from None
