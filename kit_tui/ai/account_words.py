"""What is asked of an account, its orders and its limits: words by class, as in `enquiry_words`."""

from __future__ import annotations

ACCOUNT: dict[str, str] = {
    "FEES": (
        "gebühr gebühren fee fees commission commissions brokerage gebühr* *gebühr *gebühren "
        "provision provisionen handelskosten transaktionskosten kommission kommissionen "
        "trading_cost trading_costs transaction_costs maker_fees taker_fees"
    ),
    "REPORT": (
        "abrechnung abrechnungen aufstellung jahresabschluss results ergebnisse *report "
        "*reports *reporte bericht berichte zusammenfassung what_happened_today "
        "what_happened_overnight what_happened_while what_happened_yesterday was_ist_passiert "
        "wie_war_mein_tag wie_war_meine_woche wie_war_der_tag wie_war_der_handel wie_war_heute "
        "wie_war_gestern how_was_my_day how_was_my_week how_was_my_month how_was_my_trading "
        "how_was_today how_was_yesterday how_was_the_day how_was_trading how_did_today "
        "how_did_yesterday what_did_i_miss was_habe_ich_verpasst report reports summary "
        "summaries summarise summarize summarised summarized briefing recap *bericht *berichte "
        "*zusammenfassung zusammenfassen fass fasse overview debrief digest statement "
        "statements blotter tagesabschluss monatsabschluss wochenabschluss auswertung rückblick "
        "*rückblick wrap_up wrapup roundup round_up in_review week_in_review eod end_of_day "
        "journal logbook protokoll kontoauszug trade_log trading_log status_update sum_up "
        "tagesbilanz wochenbilanz monatsbilanz retrospective post_mortem scorecard "
        "review_of_the"
    ),
    "HISTORY": (
        "biggest_loss largest_loss biggest_win biggest_gain best_day worst_day größter_verlust "
        "größter_gewinn hist tax_guy tax_man taxman finanzamt steuerberater accountant historie "
        "transaction_history last_trade previous_trade latest_trade letzter_trade letzten_trade "
        "history *historie handelsverlauf orderverlauf transaktionen transactions transaction "
        "export exports exportiere exportieren csv spreadsheet excel download herunterladen "
        "track_record win_rate winrate hit_rate win_loss batting_average trefferquote "
        "gewinnquote best_trade worst_trade biggest_winner biggest_loser best_trades "
        "worst_trades bester_trade schlechtester_trade besten_trade tax_report steuerreport "
        "steuer stats statistics statistik statistiken best_pair best_coin worst_pair worst_coin "
        "made_me_most made_me_the_most earned_me_most lost_me_most cost_me_most "
        "weekly_numbers daily_numbers monthly_numbers weekly_figures monthly_figures "
        "turnover volume_traded trading_volume handelsvolumen"
    ),
    "SECRET": "key keys secret secrets private seed password passwort schlüssel",
    "EXECUTIONS": "fill fills executions execution ausführungen",
    "FILLED": (
        "fill filled fills executed triggered hit fired fire gone_through went_through "
        "go_through goes_through gone_off went_off ausgelöst ausgeführt ausgeführte gefüllt "
        "gegriffen durchgegangen durch gefillt"
    ),
    "TRADES": "trades trds deals geschäft geschäfte",
    "TRADED": (
        "did_i_flog did_we_flog did_i_dump did_we_dump been_trading been_buying been_selling "
        "been_up_to been_doing did_i_last did_we_last last_buy last_sell last_bought last_sold "
        "did_we_do did_i_do did_you_do have_we_done have_i_done have_you_done did_i_buy "
        "did_i_sell did_we_buy did_we_sell did_you_buy did_you_sell did_i_trade did_we_trade "
        "did_you_trade did_we_get_up_to i_buy_last we_do traded bought sold purchased flogged "
        "dumped gekauft verkauft gehandelt getradet erworben abgestoßen made_today gemacht "
        "getan offloaded"
    ),
    "ORDER": (
        "kauflimit kauflimits verkaufslimit verkaufslimits limit_order limit_orders orderliste "
        "orderübersicht orderstatus auftragsliste auftragsstatus auftragsbuch orderlist order "
        "orders auftrag aufträge auftrags ordern limitorder limitorders stoporder stoporders "
        "kauforder kauforders verkaufsorder verkaufsorders marktorder bids kaufaufträge "
        "verkaufsaufträge kaufauftrag verkaufsauftrag"
    ),
    "BID": "bid offer ask limit limits",
    "SIDES": (
        "buys sells sales purchases käufe verkäufe buy_orders sell_orders bids offers kauf verkauf"
    ),
    "RESTING": (
        "havent_filled havent_been hasnt_filled hasnt_been havent_gone not_yet sitting_in "
        "sitting_there still_sitting sitting_out resting pending working waiting unfilled "
        "outstanding queued queue unexecuted hanging parked standing out_there ausstehend* "
        "wartend* wartet warten hängen hängt hänge hängend* unausgeführt* in_the_book "
        "in_my_book im_orderbuch orderbuch order_book unerledigt* schwebend* liegen liegt "
        "not_filled not_been_filled not_executed gone_through nicht_ausgeführt in_the_market "
        "im_markt still_in lying_around hanging_around noch_drin yet_to_fill yet_to_be_filled "
        "on_the_books not_yet_filled unmatched"
    ),
    "OPEN": "open opened live running active laufend* läuft laufen offen* aktiv*",
    "EXIT": (
        "stop stops stopp stopps sl sls tp tps stoploss stoplosses stop_loss stop_losses "
        "take_profit take_profits target targets trailing gtc gtcs oco ocos bracket brackets "
        "trailing_stops stop_orders ziel ziele"
    ),
    "POSITION": (
        "unrealized unrealised unrealisiert* upnl position positionen positions posi posis pos "
        "posn *position *positionen longs shorts posten open_trades live_trades"
    ),
    "INSIDE": (
        "flat in_cash am_i_in are_we_in i_in currently_in bin_ich_in in_at_the_moment still_in "
        "ich_in long short holding drin drinnen investiert invested exposed exposure in_it "
        "inside stuck_in sitting_in unterwegs positioniert positioned halte hold"
    ),
    "ENTRY": (
        "been_in been_long been_holding entry entry_price avg average average_price cost_basis "
        "average_cost get_into got_into got_in get_in gotten_into einstieg *einstieg "
        "einstiegskurs einstiegspreis einstandskurs einstandspreis durchschnittskurs "
        "durchschnittspreis kaufkurs kaufpreis eingestiegen average_entry pay_for paid_for "
        "buy_in"
    ),
    "HOLDS": "holding hold halte",
    "TRADE_ON": "trade long short bag deal",
    "PORTFOLIO": (
        "bal acct acc eq ptf accounts_value my_book my_bag my_stack portfolio portfolios "
        "account accounts balance balances holdings equity net_worth networth wallet bankroll "
        "depot depots depotwert depotstand konto kontos kontostand guthaben *guthaben vermögen "
        "bags stash nest_egg war_chest bestände bestand saldo kassenstand cartera portefeuille "
        "solde allocation allocations weights weightings gewichtung aufteilung verteilung "
        "diversification diversified diversifiziert assets aum nav gesamtwert gesamtvermögen "
        "kontowert kontoübersicht depotübersicht bestandsübersicht buying_power kaufkraft "
        "account_value gesamtbestand total_value overall_value purse kitty funds"
    ),
    "PNL": (
        "*gewinn *gewinne *verlust *verluste *rendite *ergebnis *performance performing "
        "performed pnl profit profits gain gains gewinn gewinne verlust verluste performance "
        "returns return roi yield rendite sharpe sortino ertrag ergebnis bilanz running_total "
        "profitability profitabel profitable losses loss gewinn* upnl"
    ),
    "MADE": (
        "make made making earn earned earning lost gain gained verdient verliere verloren "
        "gewonnen gewinne winning erwirtschaftet eingenommen eingefahren verdiene gemacht"
    ),
    "STANDING": (
        "richer_or_poorer richer poorer how_far_up how_far_down how_rich how_poor how_much_up "
        "how_much_down what_ive_got what_i_got in_the_hole in_the_black kassensturz how_deep "
        "am_i_green am_i_red are_we_green are_we_red i_green how_green how_red in_the_green "
        "in_the_red in_green in_red in_profit in_the_money up_or_down up_overall am_i_up "
        "am_i_down are_we_up are_we_down i_up i_down im_up im_down in_plus im_plus im_minus "
        "im_gewinn im_verlust im_grünen im_roten ahead_or_behind making_or_losing making_money "
        "losing_money am_i_winning am_i_losing where_do_i_stand where_do_we_stand "
        "how_do_i_stand how_am_i_doing how_are_we_doing how_did_i_do how_did_we_do how_i_did "
        "how_im_doing how_i_am_doing how_have_i_been_doing how_have_i_done how_have_we_done "
        "how_well_am_i how_well_did_i how_badly_am_i wie_stehe_ich wie_steh_ich wie_stehen_wir "
        "wie_stehts_um_mein wie_sieht_es_bei_mir am_i_profitable bottom_line everything_i_own "
        "all_i_own all_i_have everything_i_have what_i_own what_i_have what_i_hold "
        "show_me_the_money am_i_rich am_i_broke ahead_of_the_game am_i_ahead am_i_behind"
    ),
    "CASH": (
        "funds cash money dry_powder powder kohle geld bargeld knete moneten liquidity liquide "
        "mittel kaufkraft cents moolah dough capital kapital cashbestand spielgeld schotter"
    ),
    "FREE": (
        "free available spare left remaining uninvested idle undeployed locked frei freie "
        "freies freien verfügbar verfügbare verfügbares übrig unused not_invested "
        "nicht_investiert tied_up gebunden spendable accessible on_hand at_hand disposable "
        "lying_around"
    ),
    "OWN": (
        "own owned have hold possess sitting_on got besitze besitz habe hab halte gehört "
        "gehören holding held have_got"
    ),
    "WORTH": "worth value valued valuation wert",
    "COINS": "coins tokens crypto cryptos münzen",
    "RISK": (
        "risiko risk risks risky risking risikos risiko* exposure exposures exposed drawdown "
        "headroom leverage leveraged var value_at_risk stress stress_test verlustlimit margin "
        "klumpenrisiko hebel heat *risiko riskiere verlustgrenze daily_stop loss_budget "
        "loss_limit correlated concentration overexposed"
    ),
    "LIMIT": "limit limits",
    "BOUND": (
        "cap caps ceiling allowance quota rope leeway wiggle_room breathing_room spielraum "
        "puffer grenze grenzen obergrenze *limit *limits guardrails restrictions restriction "
        "tagesbudget allotment daily_limit"
    ),
    "LOSE": (
        "burn blow torch waste verzocken verbrennen lose losing loss losses verlieren risk "
        "riskieren verlust verliere verlust* risking down drop bleed verlustes"
    ),
    "SPEND": (
        "buy sell trade put invest afford spend deploy commit order kaufen verkaufen handeln "
        "investieren einsetzen ausgeben traden place take open enter short long get add go_in "
        "trades orders order_size size bet wager"
    ),
    "SIZED": (
        "size sizes order_size position_size trade_size positionsgröße ordergröße *größe big "
        "large per_trade per_order per_position pro_trade pro_order pro_position je_trade "
        "je_order per_tag per_day pro_tag one_trade one_order single_trade single_order a_trade "
        "one_position single_position"
    ),
    "HALTED": (
        "halted paused stopped suspended frozen on_hold gestoppt pausiert angehalten ausgesetzt "
        "allowed_to_trade still_trade"
    ),
    "STOP_ME": (
        "blocked_from_trading can_i_still_trade may_i_still_trade am_i_allowed_to_trade "
        "can_we_still_trade can_i_trade can_we_trade darf_ich_noch_handeln darf_ich_handeln "
        "kann_ich_noch_handeln stop_me block_me halt_me lock_me kick_me cut_me_off stops_me "
        "blocks_me"
    ),
    "ORDERS": (
        "orderliste orderübersicht orderstatus auftragsliste auftragsstatus orders aufträge "
        "ordern limitorders kauforders stoporders"
    ),
    "STATUS": "status state zustand stand update",
    "WEAK": (
        "rules regeln maximum max maximal* höchst* budget most biggest largest allowed "
        "permitted erlaubt threshold room luft cushion buffer"
    ),
    "STOPS": "stops sls tps stoplosses stop_losses take_profits targets gtcs stopps brackets",
    "LAWS": "rules regeln guardrails restrictions vorgaben",
    "OUT": "stopped_out cut_off locked_out shut_out being_stopped",
    "WENT": "go went lief liefen gelaufen turn_out turned_out",
    "PLACED": "put_in placed entered gesetzt eingestellt i_put i_set i_placed what_happened_to",
    "BUDGET": "budget allowance *budget daily_budget tagesbudget loss_budget",
    "DROPS": (
        "drops falls crashes dumps tanks drop fall crash dump tank fällt abstürzt einbricht "
        "crasht plunges halves"
    ),
    "DIDQ": "^did ^have_you ^hast_du ^hat_kit ^hat_der_bot ^has_kit",
    "SIDE": "buy sell trade gekauft verkauft gehandelt bought sold traded",
}
