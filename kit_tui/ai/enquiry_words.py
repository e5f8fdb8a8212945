"""The words questions are made of, by what they speak of; plain lists, English and German.

A phrase is written with underscores. `*` stands for the rest of a word, before or after it.
"""

from __future__ import annotations

WORDS: dict[str, str] = {
    # --- how a thing is asked for ------------------------------------------------------------
    "ASK": (
        "^darf ^kann ^ist ^sind ^geht ^hat ^wird ^can_i ^may_i ^could_i ^can_we at_what zu_welchem seit_wann bis_wann whether ob ^was was_habe was_hab was_ist was_hat was_haben was_kostet was_liegt "
        "was_läuft was_laufen was_macht was_hältst was_gehört was_steht was_sind ^is ^are ^do "
        "^does ^did ^were ^am ^will ^has ^did_i ^did_we ^did_you ^did_it ^did_my ^did_the "
        "^did_any ^did_anything ^have_i ^have_we ^have_you ^have_my ^have_any ^has_my ^has_the "
        "^has_any ^is_my ^is_the ^is_there ^is_it ^are_my ^are_the ^are_there ^are_any ^are_we "
        "^am_i ^was_my ^was_the ^were_my ^were_any ^do_i ^do_we ^does_my ^hab_ich ^habe_ich "
        "^haben_wir ^hast_du ^hat_kit ^hat_mein ^hat_meine ^wurde_mein ^wurde_meine ^wurde_die "
        "^wurde_der ^wurden_meine ^wurden ^ist_mein ^ist_meine ^ist_die ^ist_der ^sind_meine "
        "^sind_noch ^bin_ich ^sind_wir ^laufen ^läuft what which how where when who whos whats "
        "wheres hows show list display give tell see view "
        "check any anything pull print bring fetch gimme whereabouts        "
        "    let_me_see lemme_see run_me_through talk_me_through walk_me_through "
        "zeig zeige zeigen liste listet auflisten anzeigen gib gibt  welche welcher welches "
        "wie wieviel wieviele wo wann wer worin schau prüf prüfe check nenn nenne sag    "
        "        irgendwelche gibts"
    ),
    "HOW_MUCH": (
        "how_much how_many how_big how_large how_far how_close how_near how_high what_amount "
        "wieviel wieviele wie_viel wie_viele wie_hoch wie_groß wie_weit wie_nah what_size "
        "what_percentage what_share what_percent what_fraction welcher_anteil"
    ),
    "I": (
        "i we me us my our mine ours ich wir mir uns mich mein meine meiner meinen meinem meines "
        "unser unsere unserer unseren myself bei_mir we're id ive im"
    ),
    "AM_I": (
        "am_i are_we do_i do_we have_i have_we i_am we_are bin_ich sind_wir hab_ich habe_ich "
        "haben_wir i_have we_have i_still im we_still i_currently i_in ich_noch ich_gerade"
    ),
    "HERE": (
        "in_here here in_here hier in_this_app in_the_app with_this_app in_kit with_kit on_kit "
        "in_k_i_t "
        "this_app the_app this_thing this_program the_program this_tool this_software this_bot "
        "this_terminal in_der_app im_programm damit_hier with_you on_this_platform"
    ),
    "THIS": "this this_thing it you kit das_hier das hier",
    # --- help ---------------------------------------------------------------------------------
    "MANUAL": (
        "syntax tasten knöpfe buttons button which_keys what_keys hilfetext keyboard_shortcuts keyboard_commands help hilfe manual tutorial handbook instructions "
        "docs documentation user_guide guide "
        "faq cheat_sheet cheatsheet commands command befehl befehle befehlsliste kommandos "
        "shortcut shortcuts hotkey hotkeys keybindings key_bindings  tastenkürzel "
        "tastenkombination tastenkombinationen anleitung handbuch bedienung bedienungsanleitung "
        "gebrauchsanleitung menu menü hilf bedienen  walkthrough onboarding getting_started "
        "how_to_use hilfeseite help_page help_screen dokumentation"
    ),
    "LOST": (
        "was_kann nicht_weiter hilf_mir what_you_can what_i_can_say what_i_can_ask what_i_can_type "
        "what_i_can_do show_me_the_ropes learn_the_ropes new_here new_to_this im_lost i_am_lost "
        "im_stuck "
        "i_am_stuck get_me_started what_can_you_do what_can_i_do what_can_i_say what_can_i_ask "
        "what_can_i_type what_can_this what_can_kit what_are_you_able_to was_kannst_du "
        "was_kann_ich was_kann_man was_kann_kit was_kann_das komm_nicht_weiter "
        "komme_nicht_weiter komm_hier_nicht_weiter hier_nicht_weiter "
        "how_does_this_work how_does_it_work how_this_works how_it_works how_do_you_work "
        "how_does_this_thing_work how_do_i_use how_to_use how_do_you_use how_can_i_use "
        "wie_funktioniert_das wie_funktioniert_es wie_funktionierst_du wie_geht_das wie_benutze "
        "wie_bediene what_can_i_tell what_should_i_type what_should_i_say what_do_i_type "
        "what_do_i_say what_to_type what_features was_muss_ich_tippen was_muss_ich_eingeben "
        "was_muss_ich_sagen was_soll_ich_eingeben was_tippe_ich was_gebe_ich_ein "
        "what_do_i_have_to_type what_do_i_need_to_type what_must_i_type how_am_i_supposed_to "
        " teach_me explain_to_me_how    "
        " erklär_mir_wie erkläre_mir_wie  where_is_the_button "
        "what_are_my_options_here what_else_can_you what_are_you_capable what_could_i_ask "
        "what_should_i_ask how_do_i_talk_to how_should_i_phrase what_things_can "
        "was_könnte_ich was_alles_kannst was_kannst"
    ),
    "HOW_TO": (
        "wie_ich show_me_how_to how_do_i how_do_you how_do_we how_can_i how_can_we how_can_you "
        "how_to how_does_one "
        "how_can_one how_would_i how_would_one how_could_i how_should_i how_does_a_person "
        "how_must_i how_might_i how_i_can how_i_could how_one_can whats_the_way_to "
        "what_is_the_way_to the_best_way_to is_there_a_way_to is_it_possible_to is_there_any_way "
        " "
        "where_do_i where_can_i where_would_i where_should_i  wie_kann_ich "
        "wie_kann_man wie_könnte_ich wie_mache_ich wie_mach_ich wie_muss_ich wo_kann_ich wo_finde "
        "wo_finde_ich wo_sehe_ich wo_kann_man   wie_lässt_sich kann_man_hier "
        "kann_ich_hier    how_does_someone"
    ),
    "DEED": (
        "rebalance umschichten transfer buy sell trade place set put get cancel cancelling "
        "canceling close change use connect "
        "start create add remove enable disable view see check find delete modify move adjust "
        "edit make open stop halt pause resume reset turn switch export import link unlink "
        "set_up setup configure go_about read show look_up withdraw deposit backtest rebalance "
        "alert approve confirm reject install update log sign undo amend raise lower trail exit "
        "kaufen kaufe verkaufen verkaufe setzen setze stornieren storniere schließen schließe "
        "ändern ändere erstellen erstelle löschen lösche platzieren platziere anlegen finden "
        "sehen sehe anhalten stoppen stoppe einstellen starten starte beenden beende verbinden "
        "verbinde exportieren exportiere nutzen benutzen eingeben einrichten richte abbrechen "
        "auszahlen einzahlen bestätigen bestätige handeln handle machen mache tun"
    ),
    "WIE_ICH": "wie",
    "ICH_VERB": (
        "setze_ich storniere_ich kaufe_ich verkaufe_ich schließe_ich schliesse_ich ändere_ich "
        "lösche_ich platziere_ich erstelle_ich stoppe_ich starte_ich beende_ich verbinde_ich "
        "exportiere_ich richte_ich bestätige_ich mache_ich mach_ich stelle_ich lege_ich "
        "bekomme_ich komme_ich sehe_ich finde_ich gebe_ich benutze_ich nutze_ich bediene_ich "
        "verschiebe_ich setz_ich stell_ich leg_ich krieg_ich kriege_ich setzt_man storniert_man "
        "kauft_man verkauft_man schließt_man ändert_man löscht_man platziert_man macht_man "
        "stellt_man erstellt_man steuere_ich verwalte_ich verwende_ich"
    ),
    "WORKS": "work works working function functions funktioniert funktionieren ",
    "SUPPORT": (
        "can_you_do can_you_handle do_you_do  do_you_know do_you_take kannst_du_auch are_you_able_to can_it is_it_able do_you_support does_kit_support do_you_offer can_kit does_kit do_you_have_a "
        "unterstützt_du kann_kit unterstützt_kit can_this_app does_this_app what_order_types "
        "which_order_types welche_ordertypen which_exchanges_do_you what_exchanges_do_you"
    ),
    # --- what a thing is asked of -------------------------------------------------------------
    "FEES": (
        "gebühr gebühren fee fees commission commissions brokerage gebühr* *gebühr *gebühren "
        "provision provisionen "
        "handelskosten transaktionskosten kommission kommissionen trading_cost trading_costs "
        "transaction_costs maker_fees taker_fees"
    ),
    "REPORT": (
        "*report *reports *reporte bericht berichte zusammenfassung what_happened_today what_happened_overnight "
        "what_happened_while what_happened_yesterday was_ist_passiert wie_war_mein_tag "
        "wie_war_meine_woche wie_war_der_tag wie_war_der_handel wie_war_heute wie_war_gestern "
        "how_was_my_day how_was_my_week how_was_my_month how_was_my_trading how_was_today "
        "how_was_yesterday how_was_the_day how_was_trading how_did_today how_did_yesterday "
        "what_did_i_miss was_habe_ich_verpasst report reports summary summaries summarise "
        "summarize summarised summarized briefing recap "
        "*bericht *berichte *zusammenfassung zusammenfassen fass fasse overview debrief digest statement "
        "statements blotter "
        "tagesabschluss monatsabschluss wochenabschluss auswertung rückblick *rückblick wrap_up "
        "wrapup roundup round_up in_review week_in_review eod end_of_day journal logbook "
        "protokoll kontoauszug trade_log trading_log status_update sum_up tagesbilanz wochenbilanz "
        "monatsbilanz retrospective post_mortem scorecard review_of_the"
    ),
    "HISTORY": (
        "historie transaction_history last_trade previous_trade latest_trade letzter_trade "
        "letzten_trade history historie *historie handelsverlauf orderverlauf transaktionen "
        "transactions "
        "transaction export exports exportiere exportieren csv spreadsheet excel download "
        "herunterladen track_record win_rate winrate hit_rate win_loss batting_average "
        "trefferquote gewinnquote best_trade worst_trade biggest_winner biggest_loser "
        "best_trades worst_trades bester_trade schlechtester_trade besten_trade "
        "tax_report steuerreport steuer turnover volume_traded trading_volume handelsvolumen"
    ),
    "SECRET": "key keys secret secrets private seed password passwort schlüssel",
    "EXECUTIONS": "fill fills executions execution ausführungen",
    "FILLED": (
        "fill filled fills executed triggered hit fired fire gone_through went_through go_through "
        "goes_through gone_off went_off ausgelöst ausgeführt ausgeführte gefüllt gegriffen "
        "durchgegangen durch gefillt"
    ),
    "TRADES": " trades trds  deals geschäft geschäfte  ",
    "TRADED": (
        "did_i_last did_we_last last_buy last_sell last_bought last_sold did_we_do did_i_do "
        "did_you_do have_we_done have_i_done have_you_done did_i_buy did_i_sell did_we_buy "
        "did_we_sell did_you_buy did_you_sell did_i_trade did_we_trade did_you_trade "
        "did_we_get_up_to i_buy_last we_do traded bought sold purchased flogged dumped gekauft "
        "verkauft gehandelt getradet "
        "erworben abgestoßen      flog made_today gemacht getan offloaded"
    ),
    "DID": (
        "have_i have_we have_you has_kit hat_kit habt did did_we have_we have_i hab habe haben  "
        "hast   did_i did_you were was "
        "wurde wurden"
    ),
    "PAST": (
        "past previous recent recently last latest closed completed finished executed yesterday "
        "ago gestern vorgestern abgeschlossen* vergangen* letzte letzten letzter letztes vorige "
        "vorigen geschlossene geschlossenen ausgeführte ausgeführten since seit historical filled "
        "so_far bisher bislang beendete prior earlier früher"
    ),
    "SPAN": (
        "today yesterday week month year quarter daily weekly monthly yearly annual day overnight "
        "heute gestern woche monat jahr tag tages* wochen* monats* quartal ytd mtd january "
        "february march april june july august september october november december januar "
        "februar märz juni juli oktober dezember monday tuesday wednesday thursday friday "
        "saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag morning "
        "afternoon night lately days weeks months tagen wochen monaten"
    ),
    "PAID": (
        "paid pay paying spent coughed_up shelled_out forked_out gezahlt bezahlt zahle gekostet "
        "cost cost_me kosten kostet incurred total all_in_all"
    ),
    "ORDER": (
        "orderliste orderübersicht orderstatus auftragsliste auftragsstatus auftragsbuch orderlist order orders auftrag aufträge auftrags ordern limitorder limitorders stoporder stoporders "
        "kauforder kauforders kauforders verkaufsorder verkaufsorders marktorder bids "
        "kaufaufträge verkaufsaufträge kaufauftrag verkaufsauftrag"
    ),
    "BID": "bid offer ask limit limits",
    "SIDES": (
        "buys sells sales purchases käufe verkäufe buy_orders sell_orders bids offers kauf verkauf"
    ),
    "RESTING": (
        "sitting_in sitting_there still_sitting sitting_out resting pending working waiting "
        "unfilled outstanding queued queue unexecuted hanging "
        " parked standing out_there ausstehend* wartend* wartet warten hängen hängt hänge "
        "hängend* unausgeführt* in_the_book in_my_book im_orderbuch orderbuch order_book "
        "unerledigt* schwebend* liegen liegt not_filled not_been_filled not_executed "
        "gone_through nicht_ausgeführt in_the_market im_markt still_in lying_around hanging_around "
        "noch_drin yet_to_fill yet_to_be_filled on_the_books not_yet_filled unmatched"
    ),
    "STILL": "still noch yet",
    "OPEN": ("open opened live running active   laufend* läuft laufen offen* aktiv*      "),
    "EXIT": (
        "stop stops stopp stopps sl sls tp tps stoploss stoplosses stop_loss stop_losses "
        "take_profit take_profits target targets trailing gtc gtcs oco ocos bracket brackets "
        "trailing_stops stop_orders ziel ziele"
    ),
    "POSITION": (
        "unrealized unrealised unrealisiert* upnl position positionen position positions positionen posi posis pos posn *position "
        "*positionen longs shorts "
        "posten open_trades live_trades"
    ),
    "INSIDE": (
        "flat in_cash am_i_in are_we_in i_in currently_in bin_ich_in in_at_the_moment still_in ich_in  long "
        "short holding drin drinnen investiert invested exposed exposure in_it inside "
        "stuck_in sitting_in unterwegs positioniert positioned halte hold"
    ),
    "ENTRY": (
        "been_in been_long been_holding entry entry_price avg average average_price cost_basis average_cost get_into got_into "
        "got_in get_in gotten_into einstieg *einstieg einstiegskurs einstiegspreis einstandskurs "
        "einstandspreis durchschnittskurs durchschnittspreis kaufkurs kaufpreis eingestiegen "
        "average_entry pay_for paid_for buy_in"
    ),
    "TRADE_ON": "trade long short bag deal",
    "PORTFOLIO": (
        "my_book my_bag my_stack portfolio portfolios account accounts balance balances holdings "
        "equity net_worth networth "
        "wallet bankroll depot depots depotwert depotstand konto kontos kontostand kontos "
        "guthaben *guthaben vermögen bags stash nest_egg war_chest bestände bestand saldo "
        "kassenstand cartera portefeuille solde allocation allocations weights weightings "
        "gewichtung aufteilung verteilung diversification diversified diversifiziert assets "
        "aum nav gesamtwert gesamtvermögen kontowert kontoübersicht depotübersicht "
        "bestandsübersicht buying_power kaufkraft account_value gesamtbestand total_value "
        "overall_value purse kitty funds"
    ),
    "PNL": (
        "*gewinn *gewinne *verlust *verluste *rendite *ergebnis *performance performing performed "
        "pnl profit profits gain gains gewinn gewinne verlust verluste performance returns return "
        "roi yield rendite sharpe sortino ertrag ergebnis bilanz running_total profitability "
        "profitabel profitable losses loss gewinn* upnl"
    ),
    "MADE": (
        "make made making earn earned earning  lost  gain gained verdient verliere "
        "verloren gewonnen gewinne winning erwirtschaftet eingenommen eingefahren verdiene "
        "gemacht    "
    ),
    "STANDING": (
        "in_the_hole in_the_black kassensturz how_deep am_i_green am_i_red are_we_green are_we_red i_green how_green how_red in_the_green "
        "in_the_red in_green in_red in_profit in_the_money up_or_down up_overall "
        "am_i_up am_i_down are_we_up are_we_down i_up i_down im_up im_down in_plus im_plus "
        "im_minus im_gewinn im_verlust im_grünen im_roten "
        "ahead_or_behind making_or_losing making_money losing_money am_i_winning am_i_losing "
        "where_do_i_stand where_do_we_stand how_do_i_stand how_am_i_doing how_are_we_doing "
        "how_did_i_do how_did_we_do how_i_did how_im_doing how_i_am_doing how_have_i_been_doing "
        "how_have_i_done how_have_we_done how_well_am_i how_well_did_i how_badly_am_i "
        "wie_stehe_ich "
        "wie_steh_ich wie_stehen_wir wie_stehts_um_mein wie_sieht_es_bei_mir am_i_profitable "
        "bottom_line everything_i_own all_i_own all_i_have everything_i_have what_i_own "
        "what_i_have what_i_hold show_me_the_money am_i_rich am_i_broke ahead_of_the_game "
        "am_i_ahead am_i_behind"
    ),
    "CASH": (
        "funds cash money dry_powder powder kohle geld bargeld knete moneten liquidity liquide mittel "
        "kaufkraft cents moolah dough capital kapital cashbestand spielgeld schotter"
    ),
    "FREE": (
        "free available spare left remaining uninvested idle undeployed locked frei freie freies "
        "freien verfügbar verfügbare verfügbares übrig unused not_invested nicht_investiert "
        "tied_up gebunden spendable accessible on_hand at_hand disposable lying_around"
    ),
    "OWN": (
        "own owned have hold possess sitting_on got besitze besitz habe hab halte gehört gehören "
        "holding held have_got"
    ),
    "WORTH": "worth value valued valuation wert",
    "TOTAL": "total overall altogether everything insgesamt gesamt alles zusammen all_in_all sum",
    "COINS": "coins tokens crypto cryptos münzen ",
    # --- risk ---------------------------------------------------------------------------------
    "RISK": (
        "risiko risk risks risky risking risikos risiko risiko* exposure exposures exposed "
        "drawdown "
        "headroom leverage leveraged var value_at_risk stress stress_test verlustlimit margin "
        "klumpenrisiko hebel heat *risiko riskiere verlustgrenze daily_stop loss_budget loss_limit "
        "correlated concentration overexposed"
    ),
    "LIMIT": "limit limits",
    "BOUND": (
        "cap caps ceiling allowance quota rope leeway wiggle_room breathing_room  "
        "        spielraum  puffer "
        "grenze grenzen obergrenze *limit *limits guardrails restrictions restriction  "
        "  tagesbudget       allotment "
        "  daily_limit"
    ),
    "MAY": "can could may allowed permitted darf dürfen dürfte kann können könnte able permit",
    "LOSE": (
        "burn blow torch waste verzocken verbrennen lose losing loss losses verlieren risk riskieren verlust verliere verlust* risking "
        "down drop bleed verlustes"
    ),
    "SPEND": (
        "buy sell trade put invest afford spend deploy commit order kaufen verkaufen handeln "
        "investieren einsetzen ausgeben traden place take open enter short long get add go_in "
        "trades orders order_size size bet wager"
    ),
    "SIZED": (
        "size sizes order_size position_size trade_size positionsgröße ordergröße *größe big large "
        "per_trade per_order per_position pro_trade pro_order pro_position je_trade je_order "
        "per_tag per_day pro_tag one_trade one_order single_trade single_order a_trade "
        "one_position "
        "single_position"
    ),
    "LEFT": (
        "left remaining more still noch until till before bis übrig used weit nah close near far "
        "closer so_far another away off verbraucht"
    ),
    "HALTED": (
        "halted paused stopped suspended frozen on_hold gestoppt pausiert angehalten ausgesetzt "
        "allowed_to_trade still_trade   "
    ),
    "IS": "is are am ist sind bin wird is_trading are_we am_i",
    "STOP_ME": "     blocked_from_trading can_i_still_trade may_i_still_trade am_i_allowed_to_trade can_we_still_trade "
    "can_i_trade can_we_trade darf_ich_noch_handeln darf_ich_handeln kann_ich_noch_handeln "
    "stop_me block_me halt_me lock_me kick_me cut_me_off stops_me blocks_me",
    # --- markets ------------------------------------------------------------------------------
    "PRICE": (
        "price prices px prc quote quotes kurs *kurs kurse preis *preis preise ticker kostet koste "
        "notiert spot trading_at trading_for going_for trades_at set_me_back bid_ask bid_and_ask "
        "last_price precio prix cours cotización going_rate market_rate exchange_rate wechselkurs "
        "rate cost costs worth how_many_dollars how_many_euros how_many_bucks how_many_usdt "
        "how_expensive how_cheap wie_teuer wie_steht wo_steht wieviel_ist wie_viel_ist asking_for "
        "how_much_is how_much_for how_much_does how_much_are notierung marktpreis wert "
        "changing_hands fetch fetching selling_for   last_on preis_von"
    ),
    "OUTLOOK": (
        "supports resistances widerstände unterstützungen unterstützung widerstand go_next "
        "support resistance headed heading   wohin worth_buying worth_selling "
        "worth_holding worth_it worth_a worth_getting entry_price stop_price target_price "
        "price_target price_targets entry_point entry_level stop_level target_level predict "
        "prediction price_action forecast outlook prognose kursziel kursprognose price_prediction "
        "long_or_short buy_or_sell bull_or_bear bullish_or_bearish hold_or_sell up_or_down"
    ),
    "CHART": (
        "analy* analysier* compare versus vs volume 24h range spread funding dominance news "
        "pattern patterns trendline trendlines trend_line trend_lines predict* volatility volatile "
        "liquidity open_interest ath all_time_high market_cap candle candles kerzen highs lows "
        "high_and_low daily_high daily_low hoch_und_tief outlook forecast technical* ta chart "
        "charts "
        "chartbild trend trends setup setups sentiment overbought oversold überkauft überverkauft "
        "bullish bearish bull bear bulls bears momentum rsi macd support resistance levels bias "
        "thoughts make_of opinion opinions view views take_on your_take think reckon prediction "
        "ausblick meinst denkst hältst glaubst einschätzung meinung prognose unterstützung "
        "widerstand interessant looks_like look_like bollinger ema sma atr adx vwap stoch* fib* "
        "moving_average moving_averages indicator indicators indikator indikatoren entry entries "
        "your_read read_on headed heading technically why wieso warum weshalb how_come wie_sieht "
        "wie_läuft wie_gehts wie_geht check should shall would could soll sollte worth good_time "
        "good_idea good_entry good_buy decent guter_zeitpunkt better buy_or_sell or_wait how_long "
        "wie_lange when_to when_should lohnt lohnenswert look_at looking_at deep_dive dig_into "
        "research cheap expensive teuer billig dead   "
        "whats_up going_on happening break_down breakdown rundown vibe vibes legs topping "
        "bottoming   bounce bouncing reversal pullback correction breakout driving drives "
        " moved pumping dumping crashing rallying dropping falling rising gefallen gestiegen "
        "tageschart wochenchart chartanalyse technisch  steigt fällt steigen fallen "
        "run_the_numbers do_you_like       too_late zu_spät time_to "
        "   overvalued undervalued überbewertet unterbewertet catalyst "
        "fundamentals potential potenzial upside downside strength strong weak schwach stark "
        "how_is how_are how_does how_s watch play scalp swing fair_value insight insights "
        "correlation feeling gut lean leaning stance deets lowdown scoop"
    ),
    "AT_LARGE": (
        "markets_overview market_overview scan_markets scan_the_markets scan_the_market "
        "scan_market screener how_are_markets how_are_the_markets how_is_the_market "
        "how_is_market how_are_the_market what_is_the_market_doing whats_the_market_doing "
        "top_gainers top_losers biggest_gainers biggest_losers biggest_movers top_movers "
        "market_scan was_macht_der_markt"
    ),
    "TAUGHT": "income_tax squeeze",
    "DEFINE": "what_is_a what_is_an whats_a whats_an explain erkläre erklär was_ist_ein "
    "was_ist_eine "
    "was_bedeutet  ",
    "WHERE": ("where wo"),
    "WHAT": ("what where how whats was"),
    "AT": ("at"),
    "GOING": ("going see"),
    "ADVICE": (
        "how_long_should how_long_to how_long_do how_long_will how_long_can wie_lange_soll wie_lange_sollte wie_lange_noch worth_buying worth_selling worth_holding worth_getting worth_keeping long_or_short buy_or_sell bull_or_bear bullish_or_bearish hold_or_sell sell_or_hold lohnenswert should shall soll sollte   when_to when_should lohnt would_you would_it "
        "würdest too_late zu_spät time_to"
    ),
    "HAPPENS": ("what_happens what_would_happen was_passiert was_geschieht"),
    "TYPED": ("type say press hit sage sag tippe tippen drücke eingebe slash"),
    "USED": ("used left remaining verbraucht übrig ausgeschöpft so_far"),
    "ANALYZE": ("analy* analysier*"),
    "MINE": ("my mine our mein meine meiner meinen meinem unsere"),
    "PLACE": (
        "place set put submit create make enter send platziere setze setz erstelle want need "
        "möchte will"
    ),
    "ORDERS": ("orderliste orderübersicht orderstatus auftragsliste auftragsstatus orders aufträge ordern limitorders kauforders stoporders"),
    "STATUS": ("status state zustand stand update"),
    "CURRENCY": ("no_such_word"),
    "WEAK": (
        "rules regeln maximum max maximal* höchst* budget most biggest largest allowed permitted "
        "erlaubt threshold room luft cushion buffer"
    ),
    "STOPS": ("stops sls tps stoplosses stop_losses take_profits targets gtcs stopps brackets"),
    "RULES_": ("rules regeln guardrails restrictions vorgaben"),
    "ALL": ("all everything every alles alle sämtliche"),
    "SHORT": ("no_such_word"),
    "IFS": ("if wenn falls would happens imagine suppose"),
    "CURRENT": ("current currently on_the_go going ongoing gerade momentan aktuell*"),
    "MAY_I": (
        "^can_i ^may_i ^could_i ^am_i_allowed ^can_we ^darf_ich ^kann_ich ^dürfen_wir am_i_still_allowed ^do_i_get_to ^am_i_permitted"
    ),
    "AGAIN": (
        "another still more noch weitere weiteren again else"
    ),
    "NOWISH": (
        "last latest current currently aktuell aktueller stand now rn live jetzt gerade today heute"
    ),
    "STATEMENT": (
        "no_such_word"
    ),
    "OUT": (
        "stopped_out cut_off locked_out shut_out being_stopped"
    ),
    "MEAN": "mean means meaning bedeutet definition define stand_for",
}
RULES = """
95 help     MANUAL -MARKET
95 help     LOST
94 help     HOW_TO DEED -HOW_MUCH
93 help     HOW_TO -MARKET -STANDING -HOW_MUCH -PNL
93 help     ICH_VERB WIE_ICH -HOW_MUCH
92 help     WORKS HERE -HALTED
92 help     WORKS ASK ORDER -RESTING -OPEN
92 help     WORKS ASK EXIT -RESTING -OPEN
92 help     WIE_ICH WORKS -RESTING -MARKET
91 help     SUPPORT -MARKET -MINE -BOUND
91 help     HAPPENS TYPED
90 large    AT_LARGE
89 analyze  ANALYZE
88 risk     RISK REPORT
88 risk     RISK STATUS
88 risk     HOW_MUCH MAY LOSE
87 orders   ORDER FILLED ASK -HOW_MUCH
87 orders   EXIT FILLED ASK
86 orders   BID FILLED ASK -HOW_MUCH
85 report   FEES I
85 report   FEES PAID
85 report   FEES SPAN
85 report   FEES ASK HOW_MUCH
85 report   FEES SHORT
84 report   REPORT
83 report   HISTORY -SECRET
82 risk     HOW_MUCH MAY SPEND
82 risk     HOW_MUCH MAY POSITION
82 risk     MAY SPEND LIMIT
82 risk     MAY SPEND BOUND
82 risk     HOW_MUCH TRADES USED
82 risk     LOSE USED -EXIT
82 risk     BOUND LOSE -EXIT
81 risk     BOUND SIZED
81 risk     LIMIT SIZED
81 risk     WEAK LOSE -POSITION
81 risk     WEAK SIZED
81 risk     BOUND SPEND HOW_MUCH
81 risk     WEAK SPEND ASK
80 risk     BOUND MAY SPEND
80 risk     WEAK MAY SPEND ASK
80 risk     STOP_ME
80 risk     HOW_MUCH OUT
79 risk     MAY_I SPEND SPAN -MARKET
79 risk     MAY_I SPEND AGAIN -MARKET
79 risk     HALTED IS -PAST -SPAN
78 report   ORDER PAST -OPEN -RESTING -STILL
78 report   TRADES PAST -OPEN -STILL
77 report   SIDES PAST -OPEN -RESTING -STILL
77 report   SIDES SPAN -OPEN -RESTING -STILL -MAY
77 report   TRADED DID ASK SPAN
77 report   TRADES SPAN ASK -OPEN -MAY -BOUND
76 report   TRADED PAST ASK -IFS
75 orders   RESTING ORDER
75 orders   RESTING SIDES
75 orders   RESTING EXIT
75 orders   RESTING BID
74 orders   ORDER OPEN
74 orders   ORDER STILL
74 orders   EXIT STILL
74 orders   EXIT OPEN ASK
74 orders   ORDER CURRENT
74 orders   SIDES ORDER
73 analyze  ADVICE MARKET -RISK -ORDER
72 risk     RISK -RESTING -STATEMENT
71 risk     BOUND -CASH -PNL -STATEMENT
71 risk     RULES_ ASK
70 orders   EXIT ASK I -ADVICE
70 orders   ORDER STATUS
70 orders   STOPS ASK
70 risk     LIMIT -ORDER -RESTING -OPEN -STILL -EXIT
69 orders   LIMIT OPEN
69 orders   LIMIT STILL
68 positions TRADES OPEN
68 positions TRADES CURRENT
68 positions OPEN ENTRY I
67 orders   ORDER ASK
67 orders   ORDER MINE -PLACE
67 orders   ORDERS -PLACE -STATEMENT
67 portfolio CASH POSITION
66 positions POSITION -STATEMENT
66 positions OPEN AM_I ASK
65 report   EXECUTIONS -STATEMENT
62 report   FILLED ASK SPAN
64 positions AM_I INSIDE ASK -CASH -STANDING -PORTFOLIO
63 orders   RESTING ASK -CHART -OUTLOOK
63 positions ENTRY I MARKET
62 positions TRADE_ON MINE MARKET -MAY
61 positions TRADES ASK
61 positions TRADES MINE
60 portfolio PORTFOLIO -STATEMENT
59 portfolio STANDING
58 portfolio FREE CASH
58 portfolio FREE CURRENCY
58 portfolio CASH I ASK
57 portfolio HOW_MUCH CASH -MAY -LOSE
57 portfolio HOW_MUCH FREE -MAY -LOSE
57 portfolio PNL -CHART -EXIT -STATEMENT
57 portfolio PNL I -EXIT -STATEMENT
56 portfolio HOW_MUCH OWN
55 portfolio MADE I ASK HOW_MUCH
55 portfolio MADE I SPAN ASK
55 portfolio LOSE DID I ASK -EXIT
54 portfolio OWN AM_I ASK
55 report   TRADED ASK -ADVICE -IFS
53 portfolio WORTH MINE
53 portfolio WORTH AM_I
53 portfolio WORTH TOTAL
52 portfolio COINS MINE
56 report   TRADED SPAN ALL
51 positions OPEN ASK STILL
47 portfolio OWN I ASK -MARKET
50 orders   RESTING -MARKET
49 positions OPEN ASK -MARKET
48 analyze  OUTLOOK MARKET
47 analyze  GOING WHERE MARKET -PRICE
46 price    PRICE
46 price    AT WHAT MARKET -CHART -HAPPENS
45 price    NOWISH MARKET SHORT -CHART -OUTLOOK
45 price    WHERE MARKET -CHART
44 analyze  CHART MARKET
43 analyze  GOING MARKET
"""
