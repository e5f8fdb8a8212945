"""What is asked of a market: words by class, as in `enquiry_words`."""

from __future__ import annotations

MARKETS: dict[str, str] = {
    "PRICE": (
        "zahlt bezahlt_man price prices px prc quote quotes kurs *kurs kurse preis *preis "
        "preise ticker kostet koste notiert spot trading_at trading_for going_for trades_at "
        "set_me_back bid_ask bid_and_ask last_price precio prix cours cotización going_rate "
        "market_rate exchange_rate wechselkurs rate cost costs worth how_many_dollars "
        "how_many_euros how_many_bucks how_many_usdt how_expensive how_cheap wie_teuer "
        "wie_steht wo_steht wieviel_ist wie_viel_ist asking_for how_much_is how_much_for "
        "how_much_does how_much_are notierung marktpreis wert changing_hands fetch fetching "
        "selling_for last_on preis_von"
    ),
    "OUTLOOK": (
        "supports resistances widerstände unterstützungen unterstützung widerstand go_next "
        "support resistance headed heading wohin worth_buying worth_selling worth_holding "
        "worth_it worth_a worth_getting entry_price stop_price target_price price_target "
        "price_targets entry_point entry_level stop_level target_level predict prediction "
        "price_action forecast outlook prognose kursziel kursprognose price_prediction "
        "long_or_short buy_or_sell bull_or_bear bullish_or_bearish hold_or_sell up_or_down"
    ),
    "CHART": (
        "*chart *charts *analyse *prognose *trend bubble blase analy* analysier* compare versus "
        "vs volume 24h range spread funding dominance news pattern patterns trendline "
        "trendlines trend_line trend_lines predict* volatility volatile liquidity open_interest "
        "ath all_time_high market_cap candle candles kerzen highs lows high_and_low daily_high "
        "daily_low hoch_und_tief outlook forecast technical* ta chart charts chartbild trend "
        "trends setup setups sentiment overbought oversold überkauft überverkauft bullish "
        "bearish bull bear bulls bears momentum rsi macd support resistance levels bias "
        "thoughts make_of opinion opinions view views take_on your_take think reckon prediction "
        "ausblick meinst denkst hältst glaubst einschätzung meinung prognose unterstützung "
        "widerstand interessant looks_like look_like bollinger ema sma atr adx vwap stoch* fib* "
        "moving_average moving_averages indicator indicators indikator indikatoren entry "
        "entries your_read read_on headed heading technically why wieso warum weshalb how_come "
        "wie_sieht wie_läuft wie_gehts wie_geht check should shall would could soll sollte "
        "worth good_time good_idea good_entry good_buy decent guter_zeitpunkt better "
        "buy_or_sell or_wait how_long wie_lange when_to when_should lohnt lohnenswert look_at "
        "looking_at deep_dive dig_into research cheap expensive teuer billig dead whats_up "
        "going_on happening break_down breakdown rundown vibe vibes legs topping bottoming "
        "bounce bouncing reversal pullback correction breakout driving drives moved pumping "
        "dumping crashing rallying dropping falling rising gefallen gestiegen tageschart "
        "wochenchart chartanalyse technisch steigt fällt steigen fallen run_the_numbers "
        "do_you_like too_late zu_spät time_to overvalued undervalued überbewertet unterbewertet "
        "catalyst fundamentals potential potenzial upside downside strength strong weak schwach "
        "stark how_is how_are how_does how_s watch play scalp swing fair_value insight insights "
        "correlation feeling gut lean leaning stance deets lowdown scoop"
    ),
    "AT_LARGE": (
        "markets_overview market_overview scan_markets scan_the_markets scan_the_market "
        "scan_market screener how_are_markets how_are_the_markets how_is_the_market "
        "how_is_market how_are_the_market what_is_the_market_doing whats_the_market_doing "
        "top_gainers top_losers biggest_gainers biggest_losers biggest_movers top_movers "
        "market_scan was_macht_der_markt"
    ),
    "GOING": "siehst sehen going see",
    "UP_OR_DOWN": (
        "up_or_down higher_or_lower down_or_up lower_or_higher green_or_red red_or_green "
        "pump_or_dump moon_or_dump rauf_oder_runter hoch_oder_runter rise_or_fall"
    ),
    "AHEAD": (
        "will gonna going going_to go goes head heading headed tomorrow next_week next_month "
        "you_reckon you_think do_you_think this_week this_month geht wird gehen morgen"
    ),
    "ADVICE": (
        "how_long_should how_long_to how_long_do how_long_will how_long_can wie_lange_soll "
        "wie_lange_sollte wie_lange_noch worth_buying worth_selling worth_holding worth_getting "
        "worth_keeping long_or_short buy_or_sell bull_or_bear bullish_or_bearish hold_or_sell "
        "sell_or_hold lohnenswert should shall soll sollte when_to when_should lohnt would_you "
        "would_it würdest too_late zu_spät time_to"
    ),
    "ANALYZE": "analy* analysier*",
}
