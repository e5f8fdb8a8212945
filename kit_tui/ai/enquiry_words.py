"""How a thing is asked for, and for help: words by class, English and German.

A phrase is written with underscores, `*` stands for the rest of a word, before or after it, and
`^` for the beginning of the message.
"""

from __future__ import annotations

# Words as phones and dialects write them.
SHORT_FORMS = {
    "hw": "how", "hav": "have", "hv": "have", "wat": "what", "wht": "what", "wot": "what",
    "wut": "what", "wats": "what", "shw": "show", "wen": "when", "whr": "where",
    "mny": "many", "muc": "much", "mch": "much", "cn": "can", "pls": "please",
    "plz": "please", "ur": "your", "mei": "mein", "meim": "meinem", "vo": "von", "da": "der",
    "nen": "einen", "ne": "eine", "hats": "hat", "gibts": "gibt", "isch": "ist", "hob": "hab",
    "han": "hab", "aufm": "auf", "viu": "viel", "wieviu": "wieviel", "mis": "mein",
    "mini": "meine", "zeigs": "zeig", "ois": "alles", "kriagt": "kriegt", "ned": "nicht",
    "wia": "wie",
}  # fmt: skip

ASKING: dict[str, str] = {
    "ASK": (
        "^darf ^kann ^ist ^sind ^geht ^hat ^wird ^can_i ^may_i ^could_i ^can_we at_what "
        "zu_welchem seit_wann bis_wann whether ob ^was was_habe was_hab was_ist was_hat "
        "was_haben was_kostet was_liegt was_läuft was_laufen was_macht was_hältst was_gehört "
        "was_steht was_sind ^is ^are ^do ^does ^did ^were ^am ^will ^has ^did_i ^did_we "
        "^did_you ^did_it ^did_my ^did_the ^did_any ^did_anything ^have_i ^have_we ^have_you "
        "^have_my ^have_any ^has_my ^has_the ^has_any ^is_my ^is_the ^is_there ^is_it ^are_my "
        "^are_the ^are_there ^are_any ^are_we ^am_i ^was_my ^was_the ^were_my ^were_any ^do_i "
        "^do_we ^does_my ^hab_ich ^habe_ich ^haben_wir ^hast_du ^hat_kit ^hat_mein ^hat_meine "
        "^wurde_mein ^wurde_meine ^wurde_die ^wurde_der ^wurden_meine ^wurden ^ist_mein "
        "^ist_meine ^ist_die ^ist_der ^sind_meine ^sind_noch ^bin_ich ^sind_wir ^laufen ^läuft "
        "what which how where when who whos whats wheres hows show list display give tell see "
        "view check any anything pull print bring fetch gimme whereabouts let_me_see lemme_see "
        "run_me_through talk_me_through walk_me_through zeig zeige zeigen liste listet "
        "auflisten anzeigen gib gibt welche welcher welches wie wieviel wieviele wo wann wer "
        "worin schau prüf prüfe nenn nenne sag irgendwelche gibts"
    ),
    "HOW_MUCH": (
        "how_much how_many how_big how_large how_far how_close how_near how_high what_amount "
        "wieviel wieviele wie_viel wie_viele wie_hoch wie_groß wie_weit wie_nah what_size "
        "what_percentage what_share what_percent what_fraction welcher_anteil"
    ),
    "I": (
        "i we me us my our mine ours ich wir mir uns mich mein meine meiner meinen meinem "
        "meines unser unsere unserer unseren myself bei_mir id im"
    ),
    "MINE": "my mine our mein meine meiner meinen meinem unsere",
    "AM_I": (
        "am_i are_we do_i do_we have_i have_we i_am we_are bin_ich sind_wir hab_ich habe_ich "
        "haben_wir i_have we_have i_still im we_still i_currently i_in ich_noch ich_gerade"
    ),
    "HERE": (
        "in_here here hier in_this_app in_the_app with_this_app in_kit with_kit on_kit in_k_i_t "
        "this_app the_app this_thing this_program the_program this_tool this_software this_bot "
        "this_terminal in_der_app im_programm damit_hier with_you on_this_platform"
    ),
    "MAY_I": (
        "^can_i ^may_i ^could_i ^am_i_allowed ^can_we ^darf_ich ^kann_ich ^dürfen_wir "
        "am_i_still_allowed ^do_i_get_to ^am_i_permitted"
    ),
    "MAY": "can could may allowed permitted darf dürfen dürfte kann können könnte able permit",
    "IS": "is are am ist sind bin wird is_trading are_we am_i",
    "WHAT": "what where how whats was",
    "WHERE": "where wo",
    "AT": "at",
    "ALL": "all everything every alles alle sämtliche",
    "TOTAL": "total overall altogether everything insgesamt gesamt alles zusammen all_in_all sum",
    "AGAIN": "another still more noch weitere weiteren again else",
    "STILL": "still noch yet",
    "USED": "used left remaining verbraucht übrig ausgeschöpft so_far",
    "SPAN": (
        "today yesterday week month year quarter daily weekly monthly yearly annual day "
        "overnight heute gestern woche monat jahr tag tages* wochen* monats* quartal ytd mtd "
        "january february march april june july august september october november december "
        "januar februar märz juni juli oktober dezember monday tuesday wednesday thursday "
        "friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag "
        "morning afternoon night lately days weeks months tagen wochen monaten"
    ),
    "PAST": (
        "past previous recent recently last latest closed completed finished executed yesterday "
        "ago gestern vorgestern abgeschlossen* vergangen* letzte letzten letzter letztes vorige "
        "vorigen geschlossene geschlossenen ausgeführte ausgeführten since seit historical "
        "filled so_far bisher bislang beendete prior earlier früher"
    ),
    "NOWISH": (
        "last latest current currently aktuell aktueller stand now rn live jetzt gerade today heute"
    ),
    "CURRENT": "current currently on_the_go going ongoing gerade momentan aktuell*",
    "DID": (
        "have_i have_we have_you has_kit hat_kit habt did did_we hab habe haben hast did_i "
        "did_you were was wurde wurden"
    ),
    "PAID": (
        "paid pay paying spent coughed_up shelled_out forked_out gezahlt bezahlt zahle gekostet "
        "cost cost_me kosten kostet incurred total all_in_all"
    ),
    "IFS": "if wenn falls would happens imagine suppose",
    "DEFINE": (
        "what_is_a what_is_an whats_a whats_an explain erkläre erklär was_ist_ein was_ist_eine "
        "was_bedeutet"
    ),
    "MEAN": "mean means meaning bedeutet definition define stand_for",
    "TAUGHT": "income_tax squeeze",
    "MANUAL": (
        "halp hlp help_me syntax tasten knöpfe buttons button which_keys what_keys hilfetext "
        "keyboard_shortcuts keyboard_commands help hilfe manual tutorial handbook instructions "
        "docs documentation user_guide guide faq cheat_sheet cheatsheet commands command befehl "
        "befehle befehlsliste kommandos shortcut shortcuts hotkey hotkeys keybindings "
        "key_bindings tastenkürzel tastenkombination tastenkombinationen anleitung handbuch "
        "bedienung bedienungsanleitung gebrauchsanleitung menu menü hilf bedienen walkthrough "
        "onboarding getting_started how_to_use hilfeseite help_page help_screen dokumentation"
    ),
    "LOST": (
        "explain_this someone_explain explain_the_screen things_you_understand things_you_can "
        "what_you_understand what_you_know you_understand wie_das_hier_geht wie_das_geht "
        "wie_das_funktioniert wie_das_hier_funktioniert wie_man how_any_of_this how_does_any "
        "how_this_thing bringe_ich_dich what_to_type what_to_say was_ich_tippen "
        "was_ich_eingeben how_it_all_works how_everything_works was_kann nicht_weiter hilf_mir "
        "what_you_can what_i_can_say what_i_can_ask what_i_can_type what_i_can_do "
        "show_me_the_ropes learn_the_ropes new_here new_to_this im_lost i_am_lost im_stuck "
        "i_am_stuck get_me_started what_can_you_do what_can_i_do what_can_i_say what_can_i_ask "
        "what_can_i_type what_can_this what_can_kit what_are_you_able_to was_kannst_du "
        "was_kann_ich was_kann_man was_kann_kit was_kann_das komm_nicht_weiter "
        "komme_nicht_weiter komm_hier_nicht_weiter hier_nicht_weiter how_does_this_work "
        "how_does_it_work how_this_works how_it_works how_do_you_work how_does_this_thing_work "
        "how_do_i_use how_to_use how_do_you_use how_can_i_use wie_funktioniert_das "
        "wie_funktioniert_es wie_funktionierst_du wie_geht_das wie_benutze wie_bediene "
        "what_can_i_tell what_should_i_type what_should_i_say what_do_i_type what_do_i_say "
        "what_features was_muss_ich_tippen was_muss_ich_eingeben was_muss_ich_sagen "
        "was_soll_ich_eingeben was_tippe_ich was_gebe_ich_ein what_do_i_have_to_type "
        "what_do_i_need_to_type what_must_i_type how_am_i_supposed_to teach_me "
        "explain_to_me_how erklär_mir_wie erkläre_mir_wie where_is_the_button "
        "what_are_my_options_here what_else_can_you what_are_you_capable what_could_i_ask "
        "what_should_i_ask how_do_i_talk_to how_should_i_phrase what_things_can was_könnte_ich "
        "was_alles_kannst was_kannst"
    ),
    "HOW_TO": (
        "right_way_to correct_way_to best_way_to proper_way_to easiest_way_to how_you_can "
        "how_we_can how_i_get wie_ich show_me_how_to how_do_i how_do_you how_do_we how_can_i "
        "how_can_we how_can_you how_to how_does_one how_can_one how_would_i how_would_one "
        "how_could_i how_should_i how_does_a_person how_must_i how_might_i how_i_can "
        "how_i_could how_one_can whats_the_way_to what_is_the_way_to the_best_way_to "
        "is_there_a_way_to is_it_possible_to is_there_any_way where_do_i where_can_i "
        "where_would_i where_should_i wie_kann_ich wie_kann_man wie_könnte_ich wie_mache_ich "
        "wie_mach_ich wie_muss_ich wo_kann_ich wo_finde wo_finde_ich wo_sehe_ich wo_kann_man "
        "wie_lässt_sich kann_man_hier kann_ich_hier how_does_someone"
    ),
    "DEED": (
        "write type enter rebalance umschichten transfer buy sell trade place set put get "
        "cancel cancelling canceling close change use connect start create add remove enable "
        "disable view see check find delete modify move adjust edit make open stop halt pause "
        "resume reset turn switch export import link unlink set_up setup configure go_about "
        "read show look_up withdraw deposit backtest alert approve confirm reject install "
        "update log sign undo amend raise lower trail exit kaufen kaufe verkaufen verkaufe "
        "setzen setze stornieren storniere schließen schließe ändern ändere erstellen erstelle "
        "löschen lösche platzieren platziere anlegen finden sehen sehe anhalten stoppen stoppe "
        "einstellen starten starte beenden beende verbinden verbinde exportieren exportiere "
        "nutzen benutzen eingeben einrichten richte abbrechen auszahlen einzahlen bestätigen "
        "bestätige handeln handle machen mache tun"
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
    "WORKS": "work works working function functions funktioniert funktionieren",
    "SUPPORT": (
        "can_you_do can_you_handle do_you_do do_you_know do_you_take kannst_du_auch "
        "are_you_able_to can_it is_it_able do_you_support does_kit_support do_you_offer can_kit "
        "does_kit do_you_have_a unterstützt_du kann_kit unterstützt_kit can_this_app "
        "does_this_app what_order_types which_order_types welche_ordertypen "
        "which_exchanges_do_you what_exchanges_do_you"
    ),
    "HAPPENS": (
        "what_if was_wenn was_wäre_wenn what_happens what_would_happen was_passiert was_geschieht"
    ),
    "TYPED": "type say press hit sage sag tippe tippen drücke eingebe slash",
    "PLACE": (
        "place set put submit create make enter send platziere setze setz erstelle want need "
        "möchte will"
    ),
}
