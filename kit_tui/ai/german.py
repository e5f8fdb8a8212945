"""The closed German vocabulary of orders, and how German is recognised."""

from __future__ import annotations

from collections.abc import Iterable

from kit_tui.ai.wordlists import words

WORDS: dict[str, str] = {
    "kaufauftrag": "buy", "verkaufsauftrag": "sell", "verkaufauftrag": "sell",
    "kauforder": "buy", "verkaufsorder": "sell", "verkauforder": "sell",
    "kaufe": "buy", "kauf": "buy", "kaufen": "buy", "hole": "buy", "hol": "buy", "besorge": "buy",
    "ordere": "buy", "erwerbe": "buy", "pack": "put", "packe": "put", "veräußere": "sell",
    "besorg": "buy", "erwirb": "buy", "investiere": "put", "investier": "put", "investieren": "put",
    "stecke": "put",
    "steck": "put", "verkaufe": "sell", "verkauf": "sell", "verkaufen": "sell",
    "schließe": "close", "schliesse": "close", "schließ": "close", "schließen": "close",
    "schliessen": "close", "schliess": "close", "beende": "close", "glattstellen": "close",
    "liquidiere": "close",
    "storniere": "cancel", "stornier": "cancel", "stornieren": "cancel", "streiche": "cancel",
    "lösche": "cancel", "lösch": "cancel", "löschen": "cancel", "setze": "set", "setz": "set",
    "setzen": "set", "platziere": "set", "erstelle": "set",
    "tausche": "convert", "wandle": "convert",
    # the infinitive at the end, as in `ETH abstoßen`; verbs in two parts are put together before
    "abstoßen": "sell", "abstossen": "sell", "raushauen": "sell", "rauswerfen": "sell",
    "rausschmeißen": "sell", "loswerden": "sell", "abgeben": "sell", "abbauen": "sell",
    "veräußern": "sell", "veräussern": "sell", "verkloppen": "sell", "verscherbeln": "sell",
    "verscherbel": "sell", "verscherbele": "sell",
    "verhökern": "sell", "nachziehen": "set", "anheben": "set", "absenken": "set",
    "verschieben": "set", "hochziehen": "set", "anpassen": "set", "verticken": "sell",
    "verticke": "sell", "verhökere": "sell", "reduzieren": "sell", "verringere": "sell",
    "halbiere": "sell", "halbieren": "sell", "verkleinere": "sell", "kürze": "sell",
    "erwerben": "buy", "ordern": "buy", "besorgen": "buy", "holen": "buy", "aufstocken": "buy",
    "nachkaufen": "buy", "zukaufen": "buy", "dazukaufen": "buy", "nachlegen": "buy",
    "einkaufen": "buy", "schnapp": "buy", "schnappe": "buy", "krall": "buy",
    "packen": "put", "stecken": "put", "reinstecken": "put", "anlegen": "put", "lege": "put",
    "zumachen": "close", "dichtmachen": "close", "auflösen": "close", "rausgehen": "close",
    "aussteigen": "close", "beenden": "close", "liquidieren": "close", "liquidier": "close",
    "verlasse": "close", "verlass": "close",
    "allem": "everything",
    "streich": "cancel", "streichen": "cancel", "annulliere": "cancel", "annullieren": "cancel",
    "storno": "cancel", "widerrufe": "cancel", "widerrufen": "cancel", "canceln": "cancel",
    "cancele": "cancel",
    "sichere": "set", "sichern": "set", "hinterlege": "set", "stelle": "set", "platzieren": "set",
    "leg": "set", "platzier": "set", "erstellen": "set",
    # Swiss and Austrian
    "chauf": "buy", "chaufe": "buy", "chaufed": "buy", "verchauf": "sell", "verchaufe": "sell",
    "verchaufed": "sell", "vo": "of", "mine": "my", "mini": "my", "mis": "my", "uf": "on",
    "bi": "at", "d": "my", "zue": "at", "fürs": "for", "ums": "for", "hälfti": "part",
    "ma": "harmless", "mer": "harmless", "uns": "harmless", "mich": "harmless", "dir": "harmless",
    "um": "by", "aus": "of", "fürn": "for", "beim": "at", "aufs": "on", "im": "into",
    "stück": "coins", "stk": "coins", "einheiten": "coins", "münzen": "coins", "coins": "coins",
    "billigst": "market", "bestens": "market", "marktpreis": "market", "marktpriis": "market",
    "marktkurs": "market", "tageskurs": "market",
    "posi": "position", "bestände": "position", "anteil": "position", "anteile": "position",
    "restliche": "all", "restlichen": "all", "gesamte": "all", "gesamter": "all", "ganz": "all",
    "ganzes": "all", "gesamtes": "all",
    "jene": "my", "diese": "my", "dieser": "my", "diesen": "my",
    "limitorder": "limit", "marktorder": "market", "stopporder": "stop", "stopp": "stop",
    "stoppkurs": "stop", "ziel": "tp", "zielkurs": "tp", "einstieg": "entry", "crv": "rr",
    "nutze": "use", "verwende": "use", "ändere": "move", "verschiebe": "move",
    "gewinnmitnahme": "tp", "erhöhe": "move",
    "reduziere": "sell", "kursziel": "tp", "gewinnziel": "tp",
    "auftrag": "order", "aufträge": "order", "bestellung": "order", "position": "position",
    "positionen": "position", "bestand": "position", "kurs": "price", "preis": "price",
    "guthaben": "cash", "guthabens": "cash", "bargeld": "cash", "geld": "cash", "geldes": "cash",
    "zu": "at", "zum": "at", "bei": "at", "ab": "unknown", "für": "for", "fuer": "for",
    "von": "of", "vom": "of", "meine": "my", "meiner": "my", "meinen": "my", "mein": "my",
    "meinem": "my", "meines": "my", "der": "my", "das": "my", "die": "my", "den": "my",
    "dem": "my", "des": "my", "ein": "a", "eine": "a", "einen": "a", "einer": "a", "einem": "a",
    "auf": "on", "an": "on", "über": "on", "ueber": "on", "mit": "with", "und": "and",
    "oder": "or", "wenn": "if", "falls": "if", "sobald": "if", "er": "it",
    "alle": "all", "allen": "all", "aller": "all", "ganzen": "all", "ganze": "all",
    "sämtliche": "all", "gesamten": "all", "alles": "everything",
    "komplett": "all", "vollständig": "all",
    "unter": "below", "fällt": "drop", "faellt": "drop", "sinkt": "drop",
    "steigt": "rise", "erreicht": "hit",
    "bitte": "harmless", "jetzt": "harmless", "sofort": "harmless", "mal": "harmless",
    "mir": "harmless", "schnell": "harmless", "danke": "harmless", "hallo": "harmless",
    "noch": "harmless", "nochmal": "harmless", "nochmals": "harmless", "weitere": "harmless",
    "weiteren": "harmless", "zusätzlich": "harmless",
    "offene": "harmless", "offenen": "harmless", "offener": "harmless",
    "aktuellen": "harmless", "gerade": "harmless", "lots": "lots",
}  # fmt: skip

PHRASES: dict[str, str] = {
    "im wert von": "of", "zum marktpreis": "market", "zum aktuellen kurs": "market",
    "zum marktkurs": "market", "zum aktuellen preis": "market", "die hälfte": "part",
    "die haelfte": "part", "die hälfte von": "part",
    "maximal zu": "most", "höchstens zu": "most", "zu maximal": "most", "zu höchstens": "most",
    "mindestens zu": "most", "zu mindestens": "most", "aber maximal zu": "most",
    "aber höchstens zu": "most", "aber mindestens zu": "most",
    "zur hälfte": "part", "zu hälfte": "part", "d hälfti": "part", "d hälfti vo": "part",
    "ein viertel": "part", "ein drittel": "part", "der hälfte": "part", "eine hälfte": "part",
    "zum marktpriis": "market", "zum besten kurs": "market", "zum besten preis": "market",
    "zum tageskurs": "market", "zum kurs": "market", "zu marktpreis": "market",
    "oder besser": "better", "oder weniger": "better", "oder billiger": "better",
    "oder günstiger": "better", "oder drunter": "better", "oder tiefer": "better",
    "oder mehr": "better", "oder höher": "better", "oder drüber": "better",
    "den rest": "all", "den rest von": "all", "den ganzen rest": "all",
    "raus mit": "sell", "weg mit": "sell", "her mit": "buy", "geh raus aus": "close",
    "raus us": "close", "geh aus": "close", "nachziehender stop": "trail",
    "nachgezogener stop": "trail", "unter dem": "below",
    "stop loss": "stoploss", "limit order": "limit", "zum preis von": "at", "zum kurs von": "at",
    "bei einem kurs von": "at", "gewinn mitnehmen": "tp", "gewinne mitnehmen": "tp",
    "verkaufe mir": "unknown", "verkauf mir": "unknown", "hol dir": "buy",
    "raus aus": "close", "order nr": "order", "order nummer": "order",
    "steig aus": "close", "stell glatt": "close", "stelle glatt": "close",
    "auf kaufen": "buy", "in höhe von": "of", "im gegenwert von": "of",
}  # fmt: skip

# Also English, so they do not tell the language.
_SHARED = frozenset({"die", "position", "mal", "an", "den", "falls", "hole", "hol", "man", "mine"})
_MARKERS = (frozenset(WORDS) - _SHARED) | words(
    "ich du wir ist sind wie was wann warum soll sollte kann nicht kein keine keinen nie "
    "unter fällt steigt steht sag bescheid melde benachrichtige zeig zeige meinst hälfte "
    "halbe halb gestern habe hab gekauft verkauft würde hätte vielleicht handel prozent hoch "
    "viel wieviel offene offenen ordern heute letzten tage woche stoppe analysiere hilfe "
    "warne preisalarm"
) - frozenset({"was"})


def is_german(words: Iterable[str]) -> bool:
    """Whether any word is German and nothing else; numbers are then read the German way."""
    return any(word in _MARKERS for word in words)
