"""The words alerts are asked for, looked after and removed with; phrases apart by `|`."""

from __future__ import annotations

NOUNS = (
    r"alerts?|alarms?|alarme|alarmen|\w+alarme?|\w+alert|reminders?|notifications?|"
    r"benachrichtigung(?:en)?|erinnerung(?:en)?|heads[ -]up|preisalarm|kursalarm|preismeldung|"
    r"pings?|warnings?|warnung(?:en)?|alerting|meldungen|price watch|alrm|watchdog"
)
# Said of a market, each of these asks to be told whatever stands beside it.
ASKS = (
    "notify|alarmiere|alarmier|ping|remind|warn|warne|warnt|benachrichtige|benachrichtigen|"
    "erinnere|erinner|bescheid|melde dich|meld dich|informiere mich|informier mich|lmk|heads up|"
    "heads-up|notifiziere|keep me posted|keep me updated|keep me informed|keep us posted|"
    "give me a shout|give me a buzz|give me a ring|give me a nudge|give me a call|give me a ping|"
    "give me a heads|give me a bell|gimme a shout|gimme a buzz|gimme a ring|gimme a ping|"
    "gimme a nudge|gimme a bell|gimme a call|drop me a line|drop me a message|drop me a note|"
    "drop me a text|shoot me a|send me a ping|send me a message|send me a text|send me a note|"
    "send me an email|send a message|sound the alarm|ring a bell|ring the bell|gib laut|"
    "gib ein zeichen|gib signal|gib mir signal|gib bescheid|gib mir bescheid|klingel|"
    "klingle|pieps|pieps mich an|piep mich an|stups mich an|flag it|flag me|tap me|poke me|"
    "page me|intimate me|intimate us|apprise me|alert me|beep me|beep|nudge|holler|buzz me|"
    "text me|wake me|weck mich|wecke mich|ruf mich|hit me up|set an alarm|"
    "mach mich aufmerksam|sag bescheid"
)
# These only ask to be told when a wait and a level, or a move, are named too.
TELLS = (
    "tell|text|message|wake|buzz|email|e-mail|mail|call|dm|nudge|poke|page|inform|update|drop|"
    "send|shoot|give|gimme|sag|sage|schreib|schreibe|gib|schick|schicke|sende|weck|wecke|ruf|"
    "rufe|funk|flash|signal|informiere|informier|yell at|shout at|shout to|ring|contact|reach"
)
ME = "me|us|mich|mir|uns|my phone"
TELLS_ALONE = (
    "let me know|let us know|lemme know|lmk|let me hear|want to know|wanna know|like to know|"
    "love to know|need to know|like to hear|want to hear|be told|be notified|be informed|get told|"
    "shout|holler|yell|scream|beep|flag|sing out|keep an eye|watch for|watch out|meld|melde|"
    "will wissen|möchte wissen|wissen lassen|lass mich wissen|pass auf|behalt|behalte|"
    "push aufs|push auf|push to my|push notification|push mir|push me|per push|"
    "muss wissen|give a shout|sag an|know as soon as|know when|know if|know once"
)
WAITS = (
    "when|whenever|if|once|as soon as|the moment|the minute|the second|the instant|in case|"
    "should|every time|until|after|wenn|falls|sobald|in dem moment|immer wenn|sollte"
)
# A question of what to do, or about a deed, though it begins like a wish to be told.
ADVICE = (
    r"(?:if|whether|when|wann|ob) (?:i|we|you|ich|wir|du) (?:should|shall|can|could|may|would|did|"
    r"bought|sold|closed|have|had|do|soll|sollte|kann|darf|gekauft|verkauft)|when to|whether|ob|"
    r"if it's (?:a )?(?:good|worth|time)|if it is|wann|why|how|warum|wie|(?:my|the|meine|die|der) "
    r"(?:[\w/]+ )?(?:limit |stop |buy |sell )?(?:order|trade|stop|position|auftrag)s? (?:is |are |"
    r"has |have |was |gets |got |did |ist |wird |wurde )?"
    r"(?:filled|fills?|executed?|executes|closed|done|through|hit|triggered|triggers|ausgeführt|"
    r"gefüllt|durch)"
)
ABOVE = (
    "above|over|exceeds?|exceed|higher|rises?|climbs?|goes up|breaks out|past|tops|top|über|ueber|"
    "steigt|übersteigt|more than|greater|pumps?|breaks|break|jumps?|surges?|spikes?|gains?|"
    "rallies|rally|up|klettert|bullish|clears?|cracks|takes out|rips|moons|pops|"
    "pushes (?:through|past)|knackt|springt|durchbricht|überschreitet|rauf|hoch|north of|"
    "upwards?|upside|oberhalb|mehr als|smashes|reclaims|climbing|rising|going up|shoots"
)
BELOW = (
    "below|under|beneath|lower|drops?|falls?|dips?|goes down|less than|loses|lose|breaks down|"
    "unter|fällt|faellt|sinkt|unterschreitet|dumps?|crashes|crash|tanks?|slips?|plunges?|down|"
    "bearish|slides?|sinks?|rutscht|runter|south of|underneath|unterhalb|weniger als|"
    "craters|tumbles?|plummets?|bricht ein|abrutscht|fallen|falling|dropping|sheds|corrects|"
    "retraces|drops off|stürzt|abstürzt|crasht|dumpt|nachgibt"
)
REACHES = (
    "hits?|reaches|reach|touches|touch|gets? to|crosses|cross|crossing|at|to|is|trades at|"
    "erreicht|berührt|kreuzt|auf|bei|kommt|geht|steht|moves?|moving|passes|sees|does|"
    "wechselt|bewegt|doubles|double|halves|triples|verdoppelt|halbiert"
)
REMOVES = (
    "delete|remove|clear|cancel|drop|lösche?|löschen|entferne|entfernen|kill|stop|get rid of|"
    "scrap|bin|dump|axe|wipe|nix|ditch|no more|drop|weg mit|weg|storniere|stornieren|stoppe|"
    "erase|trash|discard|forget|forget about|take off|take down|lose|off with|raus|schmeiß|"
    "dismiss|undo|beende|clean out|clean up|purge|cancle|don't need"
)
PAUSES = (
    "pause|resume|mute|unmute|disable|enable|pausiere|pausieren|silence|snooze|turn off|turn on|"
    "switch off|switch on|deactivate|activate|quiet|hush|stumm|stummschalten|deaktiviere|"
    "aktiviere|ausschalten|einschalten"
)
LISTS = (
    "show|list|see|view|display|check|what|which|how many|any|my|all|zeig|zeige|welche|wie viele|"
    "liste|meine|alle|have i|do i have|are there|active|aktiv|aktive|print|pull up|mir|gibt es|"
    "habe ich|hab ich|where|wo|pending|set|open"
)
