"""The QR code of half blocks holds exactly the modules of the code, and stays away from pipes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import segno

from kit_tui.cli.qr import QUIET, qr_for, qr_lines
from kit_tui.cli.shell import Shell, open_desk
from kit_tui.settings.locations import find_locations
from tests.cli.fakes import Terminal

LINK = "https://t.me/kit_test_bot?start=ABCDEFGH"
LIGHT = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}


@pytest.mark.parametrize("link", [LINK, LINK.replace("kit_test_bot", "a" * 32)])
@pytest.mark.parametrize("colour", [True, False])
def test_every_module_is_drawn(link: str, *, colour: bool) -> None:
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in qr_lines(link, colour=colour)]
    drawn = [[LIGHT[char][half] for char in line] for line in lines for half in (0, 1)]
    wanted = [
        [not dark for dark in row]
        for row in segno.make(link, error="l", micro=False).matrix_iter(border=QUIET)
    ]
    assert drawn[: len(wanted)] == wanted
    assert len(lines) < 22  # beside what is said it fits on a screen of 30 lines


def test_nothing_is_drawn_where_it_cannot_be_whole(tmp_path: Path) -> None:
    environ = {"KIT_HOME": str(tmp_path), "TERM": "xterm"}
    for stream in (Terminal(),):  # says it is a terminal, and tells no size
        shell = Shell(environ, find_locations(environ), stream, stream, stream, open_desk)
        assert qr_for(shell, LINK) == ""
        assert qr_for(shell, "") == ""
