"""Whether a venue can be reached is found out in time, and by the way requests will go."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from kit_tui.runtime import network
from kit_tui.runtime.network import answers, host_of, way_to
from tests.end_to_end.live import black_hole, closed_port, silent_host


async def test_a_host_that_takes_connections_answers() -> None:
    with silent_host() as url:
        assert await answers("binance", url)


async def test_a_closed_port_does_not_answer_and_is_known_at_once() -> None:
    began = time.monotonic()
    assert not await answers("binance", f"http://127.0.0.1:{closed_port()}")
    assert time.monotonic() - began < 0.5


async def test_a_black_hole_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "TIMEOUT_S", 0.2)
    with black_hole() as url:
        began = time.monotonic()
        assert not await answers("binance", url)
        assert 0.15 < time.monotonic() - began < 1


def test_a_name_server_that_hangs_holds_up_neither_start_nor_exit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(network, "TIMEOUT_S", 0.2)
    free = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        free.wait(10)
        raise OSError("no name server")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    assert not asyncio.run(answers("binance", None))
    assert time.monotonic() - began < 2, "closing the loop does not wait for the lookup either"
    free.set()


async def test_one_working_address_of_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_host() as url:
        port = int(url.rsplit(":", 1)[1])
        places = [("127.0.0.9", port), ("127.0.0.1", port)]
        monkeypatch.setattr(
            socket, "getaddrinfo",
            lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", p) for p in places],
        )  # fmt: skip
        assert await answers("binance", f"http://somewhere:{port}")


def test_hosts_come_from_the_settings_or_are_known() -> None:
    assert host_of("binance", None) == ("api.binance.com", 443)
    assert host_of("binance", "https://testnet.example/api") == ("testnet.example", 443)
    assert host_of("binance", "http://localhost:81") == ("localhost", 81)
    assert host_of("gate", None) is None


def test_behind_a_proxy_the_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    host = ("api.binance.com", 443)
    assert way_to(host, None) == ("proxy.example", 3128)
    assert way_to(host, "https://api.binance.com") == host, "one's own address is asked directly"
    monkeypatch.setenv("no_proxy", "api.binance.com")
    assert way_to(host, None) == host
