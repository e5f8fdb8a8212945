"""Chart pictures: what they are made of, not their pixels; and that drawing leaves nothing."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kit_tui.channels import pictures
from kit_tui.channels.pictures import can_draw, chart_figure, chart_png
from kit_tui.domain.cards import ChartCard
from kit_tui.domain.pair import Pair
from tests.support.charts import chart_of
from tests.support.market import walk

LEVELS = (("entry", "98"), ("stop", "95.5"), ("target", "106"), ("buy", "90"), ("sell", "200"))
CARDS = {
    "busy": chart_of(walk(120), levels=LEVELS),
    "some": chart_of(walk(30, start=100_000.0, seed=2), timeframe="1d"),
    "two": chart_of([3_200.0, 3_150.0], pair=Pair("ETH/USDT")),
    "one": chart_of([3_200.0], pair=Pair("ETH/USDT")),
    "small": chart_of(walk(30, start=0.07), pair=Pair("DOGE/USDT"), tick="0.00001"),
    "still": chart_of([1.0] * 60, wick=0.0, volumes=[0.0] * 60),
    "torn": chart_of(walk(90), left_out=range(40, 60), notes=("20 candles are missing",)),
    "long name": chart_of(
        walk(60, start=0.0000123), pair=Pair("1000000MOGCOIN/USDT:USDT"), tick="0.0000000001",
        levels=(("liquidation", "0.0000001"),),
    ),
}  # fmt: skip

ALONE = """
import sys
from kit_tui.channels.pictures import can_draw, chart_png

assert can_draw()
assert not [name for name in ("matplotlib", "numpy") if name in sys.modules]

from tests.support.charts import chart_of
assert chart_png(chart_of([1.0, 2.0, 1.5])).startswith(b"\\x89PNG")
assert "matplotlib.pyplot" not in sys.modules
"""


@pytest.fixture(autouse=True, scope="module")
def cache_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIT_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.mktemp("fonts")))
        yield


def figure(card: ChartCard, *, dark: bool = True) -> Any:
    return chart_figure(card, width=1200, height=800, dark=dark)


def words(card: ChartCard) -> list[str]:
    return [text.get_text() for text in figure(card).axes[0].texts]


def size_of(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("dark", [True, False])
def test_a_chart_is_a_small_png_of_the_size_asked_for(name: str, dark: bool) -> None:
    png = chart_png(CARDS[name], dark=dark)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert size_of(png) == (1200, 800)
    assert len(png) < 150_000


def test_other_sizes_are_kept_to_the_pixel() -> None:
    assert size_of(chart_png(CARDS["two"], width=640, height=480)) == (640, 480)
    assert size_of(chart_png(CARDS["two"], width=901, height=1201)) == (901, 1201)


def test_every_candle_has_a_body_and_a_volume_and_rising_ones_are_hollow() -> None:
    from matplotlib.colors import to_hex

    card = CARDS["some"]
    patches = figure(card).axes[0].patches
    tags = 1
    assert len(patches) == 2 * len(card.candles) + tags
    bodies = patches[len(card.candles) : -tags]
    rising = [candle.close > candle.open for candle in card.candles]
    colours = pictures._colours("knight")
    hollow = [to_hex(body.get_facecolor()).upper() == colours["background"] for body in bodies]
    assert hollow == rising
    assert {to_hex(body.get_edgecolor()).upper() for body in bodies[1:]} == {
        colours["profit"], colours["loss"],
    }  # fmt: skip


def test_without_volume_no_room_is_left_for_it() -> None:
    assert len(figure(CARDS["still"]).axes[0].patches) == 60 + 1


def test_a_gap_is_shaded() -> None:
    assert len(figure(CARDS["torn"]).axes[0].patches) == 2 * 70 + 1 + 1


def test_the_title_says_market_time_frame_price_change_source_and_time() -> None:
    said = "".join(words(chart_of([100.0, 104.0, 102.5], wick=0.0)))
    for part in ("BTC/USDT · 4h · 102.50 · ▲ +2.50% (12 h)", "kraken · 22 Nov 14:02:58 UTC",
                 "range 100.00–104.00"):  # fmt: skip
        assert part in said
    assert "old" not in said
    assert "levels of" not in said


def test_old_prices_and_what_is_wrong_with_the_candles_are_told() -> None:
    said = words(chart_of(walk(9), age_s=1_200, notes=("no quote", "1 candle is missing")))
    assert " · 20 min old" in said
    assert "no quote; 1 candle is missing" in said


def test_levels_have_names_distances_and_prices_and_far_ones_an_arrow() -> None:
    card = chart_of([100.0, 110.0], wick=0.0, levels=(("stop", "104.5"), ("target", "220")))
    said = words(card)
    for part in ("stop −5.00%", "104.50", "▲ target +100.00%", "220.00", "110.00"):
        assert part in said
    assert any("levels of paper" in text for text in said)


def test_the_labels_of_close_levels_do_not_overlap() -> None:
    card = chart_of(walk(50), levels=[("buy", str(100 - n / 100)) for n in range(6)])
    boxes = [
        box
        for box in figure(card).axes[0].patches[-(2 * 6 + 1) :]
        if box.get_x() > 900 and box.get_width() > 50
    ]
    middles = sorted(box.get_y() for box in boxes)
    gaps = [after - before for before, after in pairwise(middles)]
    assert [gap for gap in gaps if 1e-6 < gap < pictures.TAG_HEIGHT] == []


def test_a_long_title_is_made_smaller_rather_than_cut() -> None:
    drawn = figure(CARDS["long name"])
    renderer = drawn.canvas.get_renderer()
    right = max(text.get_window_extent(renderer).x1 for text in drawn.axes[0].texts)
    assert right <= 1200


def test_the_same_chart_is_the_same_picture_in_any_thread() -> None:
    names = ["busy", "some", "torn"] * 2
    alone = {name: chart_png(CARDS[name]) for name in set(names)}
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda name: chart_png(CARDS[name]), names)) == [
            alone[name] for name in names
        ]


def test_fifty_charts_leave_no_figure_behind() -> None:
    from matplotlib.figure import Figure

    for _ in range(50):
        chart_png(CARDS["two"], width=300, height=200)
    gc.collect()
    assert [found for found in gc.get_objects() if isinstance(found, Figure)] == []


def test_a_chart_out_of_the_journal_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="the chart of BTC/USDT has no candles"):
        chart_png(replace(CARDS["some"], candles=()))


def test_whether_the_extra_is_there_is_known_without_loading_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    assert not can_draw()


def test_nothing_heavy_is_loaded_before_and_nothing_written_outside_the_home(
    tmp_path: Path,
) -> None:
    home, kit = tmp_path / "user", tmp_path / "kit"
    home.mkdir()
    environ = {"HOME": str(home), "KIT_HOME": str(kit), "PYTHONPATH": str(Path.cwd()), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", ALONE], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(home.iterdir()) == []
    assert {path.parent for path in kit.rglob("*") if path.is_file()} == {
        kit / "cache" / "matplotlib"
    }
