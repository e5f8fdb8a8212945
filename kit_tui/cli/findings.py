"""What a check of `kit doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor. Only a problem makes it fail; a note is neither good nor bad."""

    name: str
    state: State
    detail: str
