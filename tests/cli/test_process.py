"""`kit` as a process: terminals that are none, odd bytes, closed pipes, signals."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.homes import kit, kit_environment

KIT = [sys.executable, "-m", "kit_tui"]
PATIENCE_S = 30


@pytest.mark.parametrize("words", [(), ("--demo",)])
def test_without_a_terminal_the_screen_says_one_line_and_ends(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = kit(tmp_path, *words, TERM="xterm-256color")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_can_do_nothing_gets_one_line(tmp_path: Path, term: str) -> None:
    main, side = pty.openpty()
    process = subprocess.Popen(
        KIT, env=kit_environment(tmp_path, TERM=term), stdin=side, stdout=side, stderr=side
    )
    os.close(side)
    assert process.wait(PATIENCE_S) == 1
    said = os.read(main, 10_000)
    os.close(main)
    assert b"\x1b" not in said
    assert said.count(b"\n") == 1


def test_bytes_that_are_not_utf8_are_parsed_line_by_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [*KIT, "parse"],
        env=kit_environment(tmp_path),
        input=b"buy BTC for $100\n\xff\xfe\n\nanalyze ETH",
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["intent"] for line in (found[0], found[-1])] == ["buy", "analyze"]
    assert len(found) == 4


def test_arguments_that_are_not_utf8_do_no_harm(tmp_path: Path) -> None:
    done = subprocess.run(
        [*KIT, "parse", b"buy \xff BTC"],
        env=kit_environment(tmp_path),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["intent"] != "buy"


def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path) -> None:
    lines = b"analyze ETH\n" * 20_000
    process = subprocess.Popen(
        [*KIT, "parse"],
        env=kit_environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    try:
        process.stdin.write(lines)
        process.stdin.close()
    except BrokenPipeError:
        pass
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(PATIENCE_S) == 1
    assert complaint == b""


def test_each_line_is_answered_before_the_next_is_typed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*KIT, "parse"],
        env=kit_environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text, intent in (("gm", "chat"), ("/halt", "halt")):
            process.stdin.write(f"{text}\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["intent"] == intent


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_gateway_stops_cleanly_on_signals(tmp_path: Path, number: int, code: int) -> None:
    process = subprocess.Popen(
        [*KIT, "gateway", "--demo"],
        env=kit_environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "K.I.T. runs as process" in process.stderr.readline()
    beside = kit(tmp_path, "gateway", "--demo")
    assert beside.returncode == 1
    assert str(process.pid) in beside.stderr
    assert "engine" in kit(tmp_path, "doctor").stdout
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == code
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert kit(tmp_path, "journal", "verify").returncode == 0


def test_the_doctor_finds_what_matters(tmp_path: Path) -> None:
    sound = kit(tmp_path, "doctor", "--json")
    assert sound.returncode == 0, sound.stdout
    assert json.loads(sound.stdout)["ok"] is True
    config = tmp_path / "config"
    config.mkdir(mode=0o755)
    (config / "config.toml").write_text("[ui]\nthem = 1\n")
    ill = kit(tmp_path, "doctor", "--json")
    assert ill.returncode == 1
    states = {check["name"]: check for check in json.loads(ill.stdout)["checks"]}
    assert states["settings"]["state"] == "problem"
    assert "line 2" in states["settings"]["detail"]
    assert states["config"]["state"] == "warning"


def test_the_doctor_measures_glyphs_by_asking_the_terminal(tmp_path: Path) -> None:
    main, side = pty.openpty()
    process = subprocess.Popen(
        [*KIT, "doctor"],
        env=kit_environment(tmp_path, TERM="xterm-256color"),
        stdin=side,
        stdout=side,
        stderr=side,
    )
    os.close(side)
    said, answered = b"", 0
    while True:
        try:
            part = os.read(main, 4096)
        except OSError:
            break
        said += part
        while said.count(b"\x1b[6n") > answered:
            answered += 1
            # The first sample comes out one column too wide, the second as it should.
            os.write(main, b"\x1b[1;18R" if answered == 1 else b"\x1b[1;5R")
    assert process.wait(PATIENCE_S) == 0
    os.close(main)
    text = said.decode()
    assert "17 columns where 16 are right" in text
    assert "4 columns, as expected" in text
