"""German answers: yes and no in their many forms, "das weiß ich nicht", days."""

from __future__ import annotations

from typing import Final

from appliance.dialogue.text import words

YES: Final = (
    "ja", "ja bitte", "jawohl", "jo", "joa", "jep", "jap", "ja genau", "genau", "genau so",
    "richtig", "das ist richtig", "das stimmt", "stimmt", "stimmt so", "korrekt", "das ist korrekt",
    "gerne", "ja gerne", "gern", "sehr gerne", "natürlich", "selbstverständlich", "klar", "na klar",
    "aber klar", "sicher", "ganz sicher", "okay", "ok", "in ordnung", "alles klar", "passt",
    "das passt", "passt so", "einverstanden", "machen sie das", "tun sie das", "bitte", "bitte ja",
    "so ist es", "ich denke schon", "ich glaube schon", "ich glaube ja", "doch", "unbedingt",
    "auf jeden fall", "freilich", "mhm", "aha", "perfekt", "super", "prima", "gut", "ist gut",
    "von mir aus", "warum nicht", "ja das stimmt", "ja richtig", "ja das ist richtig", "bin ich",
    "das bin ich", "ja bin ich", "habe ich", "ja habe ich", "möchte ich", "ja möchte ich", "yes",
    "hundertprozentig", "ich bitte darum", "ja doch", "eben", "exakt", "jupp", "na gut", "jawoll",
    "aber sicher", "stimmt genau", "ganz genau",
)  # fmt: skip
NO: Final = (
    "nein", "nein danke", "nee", "nö", "ne", "näh", "nicht", "nein nicht", "lieber nicht",
    "eher nicht", "auf keinen fall", "keinesfalls", "niemals", "nie", "falsch", "das ist falsch",
    "stimmt nicht", "das stimmt nicht", "das ist nicht richtig", "nicht richtig", "nicht korrekt",
    "das passt nicht", "ich glaube nicht", "ich denke nicht", "eigentlich nicht", "nicht wirklich",
    "möchte ich nicht", "das möchte ich nicht", "will ich nicht", "das will ich nicht", "abbrechen",
    "brechen sie ab", "vergessen sie es", "lassen sie es", "lieber etwas anderes", "keine",
    "bin ich nicht", "nein bin ich nicht", "habe ich nicht", "no", "nicht jetzt", "jetzt nicht",
    "keineswegs", "überhaupt nicht", "gar nicht", "leider nein", "leider nicht", "danke nein",
    "nein das stimmt nicht", "nein falsch", "nein das ist falsch", "das war falsch",
    "nicht ganz", "das ist es nicht", "auf gar keinen fall", "das ist leider falsch",
    "leider falsch",
)  # fmt: skip
DONE: Final = (
    "das war alles", "das ist alles", "das wars", "das war's", "das wär's", "das wäre alles",
    "nichts mehr", "nichts weiter", "nein das war alles", "nein das wars", "sonst nichts",
    "nein sonst nichts", "nein nichts mehr", "nein danke das war alles", "danke das war alles",
    "ich bin fertig", "fertig", "alles erledigt", "mehr nicht", "das genügt", "das reicht",
    "kein weiteres anliegen", "nichts", "keine weiteren fragen",
)  # fmt: skip
YES_WORDS: Final = frozenset(
    words(
        "ja jawohl jep jap jo joa genau richtig korrekt klar natürlich sicher gerne doch yes jupp"
    )
)
NO_WORDS: Final = frozenset(words("nein nee nö ne falsch niemals keinesfalls no"))
DENY: Final = r"\b(nicht|kein|keine|keinen|falsch|nie|niemals)\b"
AGREE: Final = r"\b(richtig|korrekt|stimmt|gut|okay|ok|passt|ordnung)\b"
FILLERS: Final = frozenset(words("äh ähm öh hm hmm also na ach oh tja naja mal so eh"))
AFTER: Final = frozenset({"nicht", "das", "ist", "danke", "bitte"})
UNKNOWN: Final = (
    "weiß nicht", "weiß ich nicht", "das weiß ich nicht", "ich weiß nicht", "ich weiß es nicht",
    "weiss nicht", "weiss ich nicht", "ich weiss nicht", "ich weiss es nicht", "keine ahnung",
    "habe ich nicht", "hab ich nicht", "die habe ich nicht", "ich habe keine", "ich habe keinen",
    "ich hab keine", "habe keine", "kenne ich nicht", "nicht zur hand", "nicht bei mir",
    "nicht dabei", "vergessen", "weiß ich leider nicht", "ich habe sie nicht", "ich habe ihn nicht",
    "finde ich nicht", "finde sie nicht", "bin mir nicht sicher", "ich bin nicht sicher",
    "kann ich nicht sagen", "kann ich ihnen nicht sagen", "gibt es nicht", "habe keinen",
    "nicht bekannt", "mir nicht bekannt", "fällt mir nicht ein", "fällt mir gerade nicht ein",
    "weiß ich gerade nicht", "habe ich gerade nicht", "liegt mir nicht vor", "weiß ich auch nicht",
)  # fmt: skip
DAYS: Final = {
    "jetzt": "now", "gerade": "now", "momentan": "now", "im moment": "now", "noch offen": "now",
    "noch auf": "now", "heute": "today", "heut": "today", "heute abend": "today",
    "heute nachmittag": "today", "heute morgen": "today", "heute früh": "today",
    "morgen": "tomorrow", "morgen früh": "tomorrow", "morgen abend": "tomorrow",
    "wochenende": "weekend", "wochenenden": "weekend", "feiertag": "holidays",
    "feiertage": "holidays", "feiertagen": "holidays", "feiertags": "holidays",
    "weihnachten": "holidays", "ostern": "holidays", "neujahr": "holidays", "silvester": "holidays",
    "pfingsten": "holidays", "sonnabend": "saturday", "sonnabends": "saturday",
}  # fmt: skip
WEEKDAYS: Final = words("montag dienstag mittwoch donnerstag freitag samstag sonntag")
