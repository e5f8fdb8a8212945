"""How much an account may send without asking a person first."""

from __future__ import annotations

from enum import StrEnum


class Autonomy(StrEnum):
    """MANUAL asks always, SEMI_AUTO only above a threshold, FULL_AUTO within daily caps."""

    MANUAL = "manual"
    SEMI_AUTO = "semi-auto"
    FULL_AUTO = "full-auto"
