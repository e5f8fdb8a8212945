"""Where files live: below KIT_HOME, private, with a socket path the kernel accepts."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

from kit_tui.settings.locations import LONGEST_SOCKET_PATH, find_locations


def test_kit_home_moves_every_folder_and_file(tmp_path: Path) -> None:
    places = find_locations({"KIT_HOME": str(tmp_path)})
    for path in (
        *places.folders, places.config_file, places.journal, places.paper_store, places.lock,
        places.trading_state, places.user_themes, places.log_file,
    ):  # fmt: skip
        assert path.is_relative_to(tmp_path)
    assert places.config_file == tmp_path / "config" / "config.toml"
    assert places.journal == tmp_path / "data" / "journal.sqlite"


def test_a_relative_home_is_made_absolute_so_that_a_later_chdir_changes_nothing() -> None:
    assert find_locations({"KIT_HOME": "some/where"}).data.is_absolute()


def test_without_kit_home_the_platform_decides() -> None:
    places = find_locations({})
    assert "kit-tui" in str(places.config)
    assert find_locations({"KIT_HOME": "  "}) == places


def test_folders_are_private_even_if_they_were_not(tmp_path: Path) -> None:
    places = find_locations({"KIT_HOME": str(tmp_path / "h")})
    places.data.mkdir(parents=True, mode=0o755)
    places.ensure()
    places.ensure()
    for folder in places.folders:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_home_too_deep_for_a_socket_gets_a_short_private_one_of_its_own(tmp_path: Path) -> None:
    first = find_locations({"KIT_HOME": str(tmp_path / ("a" * 120))})
    second = find_locations({"KIT_HOME": str(tmp_path / ("b" * 120))})
    assert len(str(first.socket)) <= LONGEST_SOCKET_PATH
    assert first.socket != second.socket
    first.ensure()
    try:
        assert stat.S_IMODE(first.socket.parent.stat().st_mode) == 0o700
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(first.socket))
    finally:
        first.socket.unlink(missing_ok=True)
        first.socket.parent.rmdir()


def test_a_short_home_keeps_its_socket_inside(tmp_path: Path) -> None:
    places = find_locations({"KIT_HOME": "/tmp/k"})  # noqa: S108 - nothing is created there
    assert places.socket == Path("/tmp/k/state/kit.sock")  # noqa: S108
