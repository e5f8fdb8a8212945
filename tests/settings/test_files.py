"""Atomic writes and setting damaged files aside."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kit_tui.settings.files import set_aside, write_atomic


def test_a_written_file_is_complete_private_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.json"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_replace_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.mkdir()
    (path / "inside").write_text("x")
    with pytest.raises(OSError, match="taken"):
        write_atomic(path, b"new")
    assert (path / "inside").read_text() == "x"
    assert list(tmp_path.iterdir()) == [path]


def test_setting_aside_twice_in_one_second_keeps_both(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    kept = []
    for content in ("first", "second", "third"):
        path.write_text(content)
        kept.append(set_aside(path))
    assert not path.exists()
    assert [aside.read_text() for aside in kept] == ["first", "second", "third"]
    assert all(aside.name.startswith("config.toml.corrupt-") for aside in kept)
