"""What Binance's errors prove. Its rule: 4xx did not happen, 5xx may have; read the code as well.

Spot and futures share the table: their codes do not contradict each other.
"""

from __future__ import annotations

from kit_tui.exchanges.ccxt_outcomes import Row, Verdict

_WORDED = (-1010, -1013, -2010, -2011)  # codes whose message says what is the matter
_REJECTED, _UNKNOWN = Verdict.REJECTED, Verdict.UNKNOWN

ROWS: tuple[Row, ...] = (
    # -- the venue itself does not know ----------------------------------------------------------
    Row(_UNKNOWN, codes=(-1000, -1001, -1006, -1007, -1008, -1016)),
    Row(_UNKNOWN, statuses=((500, 599),)),
    Row(_UNKNOWN, says=r"execution status unknown|send status unknown"),
    # -- too much asked: stopped at the door -----------------------------------------------------
    Row(_REJECTED, codes=(-1015,), code="RATE_LIMIT", words="too many new orders"),
    Row(Verdict.RATE, codes=(-1003,), code="RATE_LIMIT", words="too many requests"),
    Row(Verdict.RATE, statuses=(418, 429), code="RATE_LIMIT", words="too many requests"),
    # -- clock and keys --------------------------------------------------------------------------
    Row(Verdict.CLOCK, codes=(-1021,), code="CLOCK", words="our clock differs from its own"),
    Row(Verdict.KEYS, codes=(-1002, -1022, -2014, -2015, -2017, -4056, -4057),
        words="it refused the keys"),
    Row(Verdict.KEYS, codes=_WORDED, says=r"rest api trading is not enabled",
        words="the keys may not trade"),
    # -- an order with this id is there already --------------------------------------------------
    Row(Verdict.DUPLICATE, codes=_WORDED, says=r"duplicate order"),
    Row(Verdict.DUPLICATE, codes=(-4116, -20132)),
    # -- no such order ---------------------------------------------------------------------------
    Row(Verdict.NOT_FOUND, codes=(-2013,), code="UNKNOWN_ORDER", words="it has no such order"),
    Row(_REJECTED, codes=_WORDED, says=r"action is disabled|may not place or cancel",
        code="ACCOUNT_DISABLED", words="the account may not do this"),
    Row(Verdict.NOT_FOUND, codes=(-2011, -20124), code="UNKNOWN_ORDER",
        words="it has no such working order"),
    # -- money -----------------------------------------------------------------------------------
    Row(_REJECTED, codes=_WORDED, says=r"insufficient balance", code="INSUFFICIENT_FUNDS",
        words="the balance is too small"),
    Row(_REJECTED, codes=(-2018, -2019, -4050, -4051), code="INSUFFICIENT_FUNDS",
        words="the margin is too small"),
    Row(_REJECTED, codes=(-2027, -2028), code="LEVERAGE_LIMIT",
        words="the position would be above the limit for this leverage"),
    # -- the price moved -------------------------------------------------------------------------
    Row(_REJECTED, codes=_WORDED, says=r"would immediately match", code="POST_ONLY_WOULD_TAKE",
        words="it would trade at once, and it is post-only"),
    Row(_REJECTED, codes=(-5022,), code="POST_ONLY_WOULD_TAKE",
        words="it would trade at once, and it is post-only"),
    Row(_REJECTED, codes=_WORDED, says=r"would trigger immediately", code="STOP_WOULD_TRIGGER",
        words="the price is beyond the stop already"),
    Row(_REJECTED, codes=(-2021, -4142), code="STOP_WOULD_TRIGGER",
        words="the price is beyond the stop already"),
    Row(_REJECTED, codes=(-2020, -5021), code="NOT_FILLABLE", words="it cannot be filled at once"),
    # -- positions -------------------------------------------------------------------------------
    Row(_REJECTED, codes=(-2022, -2024, -2026, -4118), code="REDUCE_ONLY_REJECTED",
        words="it would not reduce a position"),
    Row(_REJECTED, codes=(-2025, -4045, -20198), code="TOO_MANY_ORDERS",
        words="too many orders are open"),
    Row(_REJECTED, codes=(-4046, -4059), code="NO_CHANGE", words="it is so already"),
    # -- the market ------------------------------------------------------------------------------
    Row(Verdict.CLOSED, codes=_WORDED, says=r"market is closed", code="MARKET_CLOSED",
        words="the market is closed"),
    Row(Verdict.CLOSED, codes=(-4022, -4108, -4109, -4140, -4141), code="MARKET_CLOSED",
        words="the market is closed"),
    Row(Verdict.CLOSED, codes=(-1121, -1108, -20121), code="INSTRUMENT_NOT_FOUND",
        words="it does not trade this pair"),
    Row(_REJECTED, codes=_WORDED, says=r"symbol is (restricted|not permitted)",
        code="SYMBOL_NOT_PERMITTED", words="this account may not trade the pair"),
    # -- filters ---------------------------------------------------------------------------------
    Row(_REJECTED, codes=_WORDED, says=r"LOT_SIZE|quantity|MAX_POSITION|ICEBERG",
        code="QUANTITY_INVALID", words="it does not take this quantity"),
    Row(_REJECTED, codes=_WORDED, says=r"NOTIONAL|price \* qty", code="NOTIONAL_INVALID",
        words="the order's value is outside its limits"),
    Row(_REJECTED, codes=_WORDED, says=r"PRICE_FILTER|PERCENT_PRICE|TRAILING_DELTA|price",
        code="PRICE_INVALID", words="it does not take this price"),
    Row(_REJECTED, codes=_WORDED, says=r"MAX_NUM", code="TOO_MANY_ORDERS",
        words="too many orders are open"),
    Row(_REJECTED, codes=(-1111,), says=r"price", code="PRICE_INVALID",
        words="the price has too many digits"),
    Row(_REJECTED, codes=(-1111,), code="QUANTITY_INVALID", words="the number has too many digits"),
    Row(_REJECTED, codes=(-4164,), code="NOTIONAL_INVALID",
        words="the order's value is outside its limits"),
    Row(_REJECTED, codes=((-4005, -4003), -4023), code="QUANTITY_INVALID",
        words="it does not take this quantity"),
    Row(_REJECTED, codes=(-4001, -4002, (-4008, -4006), (-4014, -4013), -4016, -4024, -4029, -4131),
        code="PRICE_INVALID", words="it does not take this price"),
    # -- everything else that is a refusal by its number -----------------------------------------
    Row(_REJECTED, codes=(-1013, -2010), words="it refused the order"),
    Row(_REJECTED, codes=(-1014, -1020, -1116, -1117, -4120), code="UNSUPPORTED_ORDER_TYPE",
        words="it does not take this kind of order"),
    Row(_REJECTED, codes=((-1199, -1100),), code="MALFORMED", words="it could not read the order"),
    Row(_REJECTED, codes=((-4999, -4000),), words="it refused the order"),
)  # fmt: skip
