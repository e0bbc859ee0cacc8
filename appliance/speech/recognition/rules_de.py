"""How numbers, dates, times and amounts are said in German (notation: `rules`).

Numbers below a hundred are one word, hundreds and thousands words of their own ("zweihundert
vierundzwanzig"), as the recogniser writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS: Final = ("ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
_TEENS: Final = (
    "zehn", "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
    "neunzehn",
)  # fmt: skip
_TENS: Final = (
    "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
)  # fmt: skip
_TWO: Final = (
    *_TEENS,
    *(word for ten in _TENS for word in (ten, *(f"{unit}und{ten}" for unit in _UNITS))),
)
"""10 to 99."""
_RANKS: Final = (
    "erst", "zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht", "neunt",
    *(f"{teen}t" for teen in _TEENS),
    *(f"{word}st" for word in _TWO[10:21]), "dreißigst", "einunddreißigst",
)  # fmt: skip

RULES: Final[Mapping[str, str]] = {
    "lead": """{[äh | ähm | also] [es ist | es sind | das ist | das sind | das wären | etwa
        | ungefähr | circa]}""",
    "please": "{[bitte | danke]}",
    "digit": "null | eins | zwei | zwo | drei | vier | fünf | sechs | sieben | acht | neun",
    "unit": "eins | zwei | zwo | drei | vier | fünf | sechs | sieben | acht | neun",
    "two": "<unit> | " + " | ".join(_TWO),
    "hundred": "hundert | " + " | ".join(f"{word}hundert" for word in (*_UNITS, *_TEENS[1:])),
    "three": "<two> | <hundred> [[und] <two>]",
    "thousand": "tausend | " + " | ".join(f"{word}tausend" for word in (*_UNITS, *_TWO)),
    "cardinal": """null | <three> | (<thousand> | <hundred> tausend) [[und] <three>]
        | (eine million | <two> millionen) [<three>]""",
    "point": "komma <digit> [<digit> [<digit>]]",
    "number": """<lead> ([minus] <cardinal> [<point>] | <digit> <digit> [<digit> [<digit> [<digit>
        [<digit>]]]] | keine | keiner | einen | eine) <please>""",
    "rank": " | ".join(
        f"{rank}{end}" for rank in dict.fromkeys(_RANKS) for end in ("e", "er", "en")
    ),
    "month": """januar | jänner | februar | märz | april | mai | juni | juno | juli | julei | august
        | september | oktober | november | dezember""",
    "weekday": """montag | dienstag | mittwoch | donnerstag | freitag | samstag | sonnabend
        | sonntag""",
    "year": """neunzehnhundert [<two>] | zweitausend [[und] <two>] | zwanzighundert [<two>]
        | neunzehn <two> | zwanzig <two>""",
    "daytime": "früh | morgen | vormittag | mittag | nachmittag | abend | nacht",
    "near": """heute [<daytime>] | morgen [<daytime>] | übermorgen [<daytime>] | gestern
        | vorgestern | (diese | nächste | kommende | letzte) woche | (diesen | nächsten | kommenden
        | letzten) monat | nächstes jahr | letztes jahr | am wochenende
        | (in | vor) (einem tag | einer woche | einem monat | einem jahr
          | <two> (tagen | wochen | monaten | jahren))""",
    "day": """[am | diesen | nächsten | kommenden | letzten] <weekday> [<daytime>]
        | [[am] <weekday>] [am | der | den | dem | zum] <rank> [<month> | <rank>] [<year>]
        | [im | anfang | mitte | ende] <month> [<year>] | <near>""",
    "date": "<lead> {[für | ab | seit | vom | bis]} <day> <please>",
    "hour": """ein | eins | zwei | zwo | drei | vier | fünf | sechs | sieben | acht | neun | zehn
        | elf | zwölf | dreizehn | vierzehn | fünfzehn | sechzehn | siebzehn | achtzehn | neunzehn
        | zwanzig | einundzwanzig | zweiundzwanzig | dreiundzwanzig | vierundzwanzig | null""",
    "part": """früh | morgens | vormittags | mittags | nachmittags | abends | nachts | am morgen
        | am vormittag | am nachmittag | am abend | in der früh | in der nacht""",
    "clock": """<hour> [uhr [<two>]] [<part>] | halb <hour> [<part>]
        | (viertel | dreiviertel | <two> [minuten]) [vor | nach] <hour> [<part>]
        | kurz (vor | nach) <hour> | (fünf | zehn) (vor | nach) halb <hour> [<part>] | mittags
        | mitternacht | mittag""",
    "time": "<lead> {[um | ab | bis | gegen | vor | nach | so gegen]} <clock> <please>",
    "money": "euro | cent | dollar | franken | pfund",
    "measure": """prozent | kilo | kilogramm | gramm | liter | meter | kilometer | zentimeter
        | quadratmeter | stunden | stunde | minuten | minute | sekunden | tage | tag | wochen
        | woche | monate | monat | jahre | jahr | personen | person | leute | nächte | mal | stück
        | kilowattstunden | grad | kisten | flaschen""",
    "sum": """(<cardinal> [<point>] | ein) <money> [[und] <two> [cent]]
        | (<cardinal> [<point>] | ein | eine | einen | eineinhalb | anderthalb | zweieinhalb
          | ein halber | eine halbe | ein halbes) [<measure>]""",
    "amount": "<lead> {[für]} <sum> <please>",
}
