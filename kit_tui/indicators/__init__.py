"""Indicators: pure functions on candle arrays, TA-Lib where it has them and numpy where not.

All take closed candles (`Candles.closed()`); the open candle is seen only by whoever passes it.
Results have the length of the input. Where history is missing they are NaN, never zero, and a
value never changes when later candles are appended.
"""
