"""How much an account may send without asking a person first."""

from __future__ import annotations

from enum import StrEnum


class Autonomy(StrEnum):
    """MANUAL asks always, SEMI_AUTO only above a threshold, FULL_AUTO within daily caps."""

    MANUAL = "manual"
    SEMI_AUTO = "semi-auto"
    FULL_AUTO = "full-auto"


# The channel on which a ticket is answered that was sent without asking.
AUTONOMY = "autonomy"
# What reads a person's wish word for word. Whatever else proposes an order is asked about, always.
OFFLINE_GRAMMAR = "offline grammar"
ORDER_FORM = "form"
TYPED_COMMAND = "command"
READ_BY_PEOPLE = frozenset({OFFLINE_GRAMMAR, ORDER_FORM, TYPED_COMMAND})
# Where a person sits at the keys. A script, a timer or a stolen phone speaks on other channels.
TERMINAL = "terminal"
