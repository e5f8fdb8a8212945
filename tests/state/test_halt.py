"""The trading state survives everything, and whatever cannot be read means HALTED."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit_tui.domain.risk import TradingState, TradingStatus
from kit_tui.state.halt import TradingStateFile
from tests.domain.examples import NOW

HALTED = TradingStatus(state=TradingState.HALTED, reason="daily loss", by="guard", since=NOW)


@pytest.fixture
def file(tmp_path: Path) -> TradingStateFile:
    return TradingStateFile(tmp_path / "trading_state.json")


def test_nothing_written_yet_is_active(file: TradingStateFile) -> None:
    assert file.read() == TradingStatus()
    assert not file.path.exists()


def test_what_was_written_is_read_by_another_process(file: TradingStateFile) -> None:
    file.write(HALTED)
    assert TradingStateFile(file.path).read() == HALTED
    assert file.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b'{"state":"running"}', b'{"state":1}', b"\xff\xfe", b"[]",
     b'{"state":"active","since":"yesterday"}'],
)  # fmt: skip
def test_a_corrupt_file_is_halted_and_stays_halted(file: TradingStateFile, content: bytes) -> None:
    file.path.write_bytes(content)
    first = file.read()
    assert first.state is TradingState.HALTED
    assert "corrupt" in first.reason
    assert file.read() == first
    (aside,) = file.path.parent.glob("*.corrupt-*")
    assert aside.read_bytes() == content


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=60))
def test_no_bytes_at_all_read_as_active_unless_they_say_so(
    file: TradingStateFile, content: bytes
) -> None:
    file.path.write_bytes(content)
    status = file.read()
    assert status.state is TradingState.HALTED or content.lstrip().startswith(b"{")


def test_a_cut_write_leaves_the_old_state(file: TradingStateFile) -> None:
    file.write(HALTED)
    file.path.with_name(".trading_state.json.half.tmp").write_bytes(b'{"state":"act')
    assert file.read() == HALTED


def test_a_file_that_cannot_be_read_is_halted(tmp_path: Path) -> None:
    folder = tmp_path / "trading_state.json"
    folder.mkdir()
    assert TradingStateFile(folder).read().state is TradingState.HALTED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_refused_write_raises_and_the_old_state_stands(file: TradingStateFile) -> None:
    file.write(HALTED)
    file.path.parent.chmod(0o500)
    try:
        with pytest.raises(OSError, match="denied"):
            file.write(TradingStatus())
    finally:
        file.path.parent.chmod(0o700)
    assert file.read() == HALTED
