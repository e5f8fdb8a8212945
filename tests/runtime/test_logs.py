"""The log file: private, and without a secret in it, whatever way one got there."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from kit_tui.runtime.logs import PrivateFileHandler, log_to_file
from kit_tui.settings.redaction import secrets_in

TOKEN = "123456789:AAF-abc/defghijklmnopqrstuvwxyz+0123456"
KEY_FILE = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIEW1aBcDeFgHiJkL\nAoGCCqGSM49AwEHoUQDQgAE\n"
ENVIRON = {
    "KIT_TELEGRAM_BOT_TOKEN": TOKEN,
    "KIT_BINANCE_SECRET": "s3cr3t\\with'quotes",
    "COINBASE_PRIVATE_KEY": KEY_FILE,
    "KIT_VAULT_PASSPHRASE": "short",
    "LANG": "C.UTF-8-is-no-secret",
}


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back as it was."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield logger
    for handler in logger.handlers:
        if handler not in handlers:
            handler.close()
    logger.handlers, logger.level = handlers, level


def test_secrets_are_found_by_the_names_of_variables() -> None:
    found = secrets_in(ENVIRON)
    assert TOKEN in found
    assert not any("C.UTF-8" in value for value in found)
    assert "short" not in found, "too short to be told from words"
    assert list(found) == sorted(found, key=len, reverse=True)


def test_messages_arguments_and_tracebacks_are_blacked_out(
    tmp_path: Path, root: logging.Logger
) -> None:
    path = tmp_path / "kit.log"
    log_to_file(path, ENVIRON)
    log = logging.getLogger("kit_tui.test")
    log.info("GET https://api.telegram.org/bot%s/getMe", TOKEN)
    log.info("quoted %s", quote(TOKEN, safe=""))
    log.info("as a value %r", ENVIRON["KIT_BINANCE_SECRET"])
    log.info("basic %s", base64.b64encode(TOKEN.encode()).decode())
    log.info("one line of a key %s", KEY_FILE.splitlines()[1])
    try:
        raise ValueError(f"bad token {TOKEN}")  # noqa: TRY301 - its traceback is what is tested
    except ValueError:
        log.exception("it failed")
    text = path.read_text(encoding="utf-8")
    assert "it failed" in text
    assert "bad token ‹secret›" in text
    for secret in (TOKEN, quote(TOKEN, safe=""), "s3cr3t", "MHcCAQEEIEW1aBcDeFgHiJkL"):
        assert secret not in text
    assert base64.b64encode(TOKEN.encode()).decode() not in text
    assert root.handlers


def test_the_log_is_private_also_after_it_was_rotated(tmp_path: Path, root: logging.Logger) -> None:
    path = tmp_path / "kit.log"
    log_to_file(path, {})
    (handler,) = root.handlers
    assert isinstance(handler, PrivateFileHandler)
    logging.getLogger("kit_tui").warning("one")
    handler.doRollover()
    logging.getLogger("kit_tui").warning("two")
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {"kit.log": 0o600, "kit.log.1": 0o600}


def test_other_peoples_chatter_is_left_out_and_odd_text_is_kept(
    tmp_path: Path, root: logging.Logger
) -> None:
    path = tmp_path / "kit.log"
    log_to_file(path, {})
    logging.getLogger("ccxt").info("chatter")
    logging.getLogger("kit_tui").info("half a character \ud800")
    log_to_file(path, {})
    assert len(root.handlers) == 1
    text = path.read_text(encoding="utf-8")
    assert "chatter" not in text
    assert "half a character" in text


def test_a_log_that_cannot_be_written_is_left_out(tmp_path: Path, root: logging.Logger) -> None:
    log_to_file(tmp_path, {})
    logging.getLogger("kit_tui").warning("nowhere to go")
    assert [type(handler) for handler in root.handlers] == [logging.NullHandler]
