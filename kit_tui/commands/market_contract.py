"""The JSON of markets: quotes, analyses and charts, under the same rules as `contract`."""

from __future__ import annotations

from kit_tui.commands.contract import Json, fraction, moment, number
from kit_tui.domain.cards import AnalysisCard, Candle, ChartCard, PriceLevel, QuoteCard, Reading
from kit_tui.domain.numbers import from_float


def quote_json(quote: QuoteCard) -> Json:
    """One price with its source and age."""
    return {
        "pair": str(quote.pair),
        "venue": quote.venue,
        "price": number(quote.price),
        "bid": number(quote.bid),
        "ask": number(quote.ask),
        "change_24h": fraction(quote.change_24h),
        "age_s": round(max(0.0, quote.age_s), 3),
    }


def analysis_json(card: AnalysisCard) -> Json:
    """An analysis of one market."""
    return {
        "pair": str(card.pair),
        "venue": card.venue,
        "timeframe": card.timeframe,
        "candles": card.candles,
        "as_of": moment(card.as_of),
        "price": number(card.price),
        "change_24h": fraction(card.change_24h),
        "high_24h": number(card.high_24h),
        "low_24h": number(card.low_24h),
        "volume_ratio": number(card.volume_ratio),
        "trend": [_reading(each) for each in card.trend],
        "momentum": [_reading(each) for each in card.momentum],
        "volatility": [_reading(each) for each in card.volatility],
        "levels": [_level(each) for each in card.levels],
        "bias": card.bias,
        "reasons": list(card.reasons),
        "invalidation": card.invalidation,
        "entry": number(card.entry),
        "stop": number(card.stop),
        "target": number(card.target),
        "timeframes": [_reading(each) for each in card.timeframes],
        "patterns": list(card.patterns),
        "notes": list(card.notes),
    }


def chart_json(card: ChartCard) -> Json:
    """A chart of one market; a candle is `[ms, open, high, low, close, volume]`."""
    return {
        "pair": str(card.pair),
        "venue": card.venue,
        "timeframe": card.timeframe,
        "as_of": moment(card.as_of),
        "price": number(card.price),
        "change": fraction(card.change),
        "high": number(card.high),
        "low": number(card.low),
        "span_s": card.span_s,
        "levels": [_level(each) for each in card.levels],
        "notes": list(card.notes),
        "candles": [_candle(candle) for candle in card.candles],
    }


def _reading(reading: Reading) -> Json:
    return {
        "name": reading.name,
        "value": reading.value,
        "meaning": reading.meaning,
        "lean": reading.lean,
    }


def _level(level: PriceLevel) -> Json:
    return {"kind": level.kind, "price": number(level.price), "origin": level.origin}


def _candle(candle: Candle) -> list[int | str | None]:
    figures = (candle.open, candle.high, candle.low, candle.close, candle.volume)
    return [candle.time, *(number(from_float(figure)) for figure in figures)]
