"""Words of dates and times, English and German, by the letters that the patterns are made of.

dates   W weekday (0 Monday)   M month   O ordinal   N number   T days from today   U unit
x next   s this   l last   i in   a from now   b ago   H a feast (month * 100 + day)
e weekend   D date in figures   F after next   w a weekday of next week
times   N number   C clock in figures   h half   q quarter   v three quarters   p past   t to
A before noon   P after noon   K part of the day (its value)   n noon   m midnight
o o'clock   z zero   c minutes (the word)   y hours (the word)
"""

from __future__ import annotations

from typing import Final

from appliance.dialogue.slots.items import Table
from appliance.dialogue.text import words

_MONTHS_EN: Final = words(
    "january february march april may june july august september october november december"
)
_SHORT_EN: Final = words("jan feb mar apr may jun jul aug sep oct nov dec")
_DAYS_EN: Final = words("monday tuesday wednesday thursday friday saturday sunday")
_MONTHS_DE: Final = words(
    "januar februar märz april mai juni juli august september oktober november dezember"
)
_SHORT_DE: Final = words("jan feb mär apr mai jun jul aug sep okt nov dez")
_DAYS_DE: Final = words("montag dienstag mittwoch donnerstag freitag samstag sonntag")
DAY, WEEK, MONTH, YEAR = 1, 7, 100, 1000
"""Units: days, weeks of seven, calendar months and years."""

DATES_EN: Final[Table] = {
    **{name: ("M", at) for at, name in enumerate(_MONTHS_EN, 1)},
    **{name: ("M", at) for at, name in enumerate(_SHORT_EN, 1)},
    **{name: ("W", at) for at, name in enumerate(_DAYS_EN)},
    **{f"{name}s": ("W", at) for at, name in enumerate(_DAYS_EN)},
    **{name: ("W", at) for at, name in enumerate(words("mon tue wed thu fri sat sun"))},
    "tues": ("W", 1), "weds": ("W", 2), "thur": ("W", 3), "thurs": ("W", 3), "sept": ("M", 9),
    "today": ("T", 0), "tonight": ("T", 0), "this morning": ("T", 0), "this evening": ("T", 0),
    "this afternoon": ("T", 0), "right now": ("T", 0), "straight away": ("T", 0),
    "tomorrow": ("T", 1), "tomorow": ("T", 1), "to morrow": ("T", 1), "yesterday": ("T", -1),
    "day after tomorrow": ("T", 2), "the day after tomorrow": ("T", 2),
    "day before yesterday": ("T", -2), "the day before yesterday": ("T", -2),
    "day": ("U", DAY), "days": ("U", DAY), "week": ("U", WEEK), "weeks": ("U", WEEK),
    "weeks time": ("U", WEEK),
    "week's time": ("U", WEEK), "days time": ("U", DAY),
    "fortnight": ("U", 14), "fortnight's time": ("U", 14), "month": ("U", MONTH),
    "months": ("U", MONTH), "months time": ("U", MONTH), "year": ("U", YEAR),
    "years": ("U", YEAR), "a week": ("f", WEEK), "one week": ("f", WEEK), "a fortnight": ("f", 14),
    "a month": ("f", MONTH), "a year": ("f", YEAR), "a day": ("f", DAY),
    "a week's time": ("f", WEEK),
    "next": ("x", 0), "following": ("x", 0), "coming": ("s", 1), "this": ("s", 0),
    "this coming": ("s", 1), "last": ("l", 0), "past": ("l", 0), "in": ("i", 0),
    "within": ("i", 0), "from now": ("a", 0), "from today": ("a", 0), "hence": ("a", 0),
    "ago": ("b", 0), "before": ("b", 0), "after next": ("F", 0),
    "week on": ("w", 0), "a week on": ("w", 0), "week from": ("w", 0), "a week from": ("w", 0),
    "next week on": ("w", 1), "next week": ("j", 1), "this week": ("j", 0),
    "the week after next": ("j", 2), "week after next": ("j", 2),
    "christmas day": ("H", 1225), "christmas": ("H", 1225), "christmas eve": ("H", 1224),
    "boxing day": ("H", 1226), "new year's day": ("H", 101), "new years day": ("H", 101),
    "new year's eve": ("H", 1231), "new years eve": ("H", 1231),
    "oh": ("z", 0), "o": ("z", 0), "weekend": ("e", 0), "on": (".", 0), "the": (".", 0),
    "of": (".", 0), "for": (".", 0),
    "about": (".", 0), "around": (".", 0), "and": ("&", 0),
}  # fmt: skip
DATES_DE: Final[Table] = {
    **{name: ("M", at) for at, name in enumerate(_MONTHS_DE, 1)},
    **{name: ("M", at) for at, name in enumerate(_SHORT_DE, 1)},
    **{name: ("W", at) for at, name in enumerate(_DAYS_DE)},
    **{f"{name}s": ("W", at) for at, name in enumerate(_DAYS_DE)},
    **{
        f"{name}{part}": ("W", at)
        for at, name in enumerate(_DAYS_DE)
        for part in words("abend morgen mittag nachmittag vormittag früh")
    },
    "sonnabend": ("W", 5), "jänner": ("M", 1), "feber": ("M", 2), "maerz": ("M", 3),
    "juno": ("M", 6), "julei": ("M", 7),
    "heute": ("T", 0), "heut": ("T", 0), "sofort": ("T", 0), "jetzt": ("T", 0),
    "heute abend": ("T", 0), "heute morgen": ("T", 0), "heute früh": ("T", 0),
    "morgen": ("T", 1), "morgen früh": ("T", 1), "morgen abend": ("T", 1),
    "übermorgen": ("T", 2), "über morgen": ("T", 2), "überübermorgen": ("T", 3),
    "gestern": ("T", -1), "vorgestern": ("T", -2), "vor gestern": ("T", -2),
    "tag": ("U", DAY), "tage": ("U", DAY), "tagen": ("U", DAY), "woche": ("U", WEEK),
    "wochen": ("U", WEEK), "monat": ("U", MONTH), "monate": ("U", MONTH), "monaten": ("U", MONTH),
    "jahr": ("U", YEAR), "jahre": ("U", YEAR), "jahren": ("U", YEAR),
    "einer woche": ("f", WEEK), "einem monat": ("f", MONTH), "einem jahr": ("f", YEAR),
    "einem tag": ("f", DAY), "eine woche": ("f", WEEK), "ein monat": ("f", MONTH),
    "einen monat": ("f", MONTH),
    "acht tagen": ("f", WEEK), "acht tage": ("f", WEEK), "8 tagen": ("f", WEEK),
    "vierzehn tagen": ("f", 14), "14 tagen": ("f", 14),
    "nächste": ("x", 0), "nächsten": ("x", 0), "nächster": ("x", 0), "nächstes": ("x", 0),
    "nächstem": ("x", 0), "kommende": ("s", 1), "kommenden": ("s", 1), "kommender": ("s", 1),
    "diese": ("s", 0), "diesen": ("s", 0), "dieser": ("s", 0), "dieses": ("s", 0),
    "diesem": ("s", 0), "letzte": ("l", 0), "letzten": ("l", 0), "letzter": ("l", 0),
    "vergangene": ("l", 0), "vergangenen": ("l", 0), "vorige": ("l", 0), "vorigen": ("l", 0),
    "in": ("i", 0), "vor": ("b", 0), "übernächste": ("F", 0), "übernächsten": ("F", 0),
    "übernächster": ("F", 0),
    "nächste woche": ("j", 1), "nächster woche": ("j", 1), "kommende woche": ("j", 1),
    "diese woche": ("j", 0), "dieser woche": ("j", 0), "übernächste woche": ("j", 2),
    "übernächster woche": ("j", 2), "in der nächsten woche": ("j", 1),
    "heiligabend": ("H", 1224), "heilig abend": ("H", 1224), "silvester": ("H", 1231),
    "sylvester": ("H", 1231), "neujahr": ("H", 101), "weihnachten": ("H", 1225),
    "erster weihnachtstag": ("H", 1225), "ersten weihnachtstag": ("H", 1225),
    "zweiten weihnachtstag": ("H", 1226), "ersten weihnachtsfeiertag": ("H", 1225),
    "zweiten weihnachtsfeiertag": ("H", 1226), "nikolaus": ("H", 1206),
    "wochenende": ("e", 0), "am": (".", 0), "der": (".", 0), "den": (".", 0), "dem": (".", 0),
    "des": (".", 0), "vom": (".", 0), "zum": (".", 0), "für": (".", 0), "an": (".", 0),
    "im": (".", 0), "etwa": (".", 0), "ungefähr": (".", 0), "und": ("&", 0),
}  # fmt: skip
TIMES_EN: Final[Table] = {
    "half": ("h", 30), "half past": ("h", 0), "quarter": ("q", 15), "a quarter": ("q", 15),
    "three quarters": ("v", 45), "past": ("p", 0), "after": ("p", 0), "to": ("t", 0),
    "before": ("t", 0), "till": ("t", 0), "til": ("t", 0), "of": ("t", 0),
    "am": ("A", 0), "a m": ("A", 0), "pm": ("P", 0), "p m": ("P", 0),
    "in the morning": ("A", 0), "this morning": ("A", 0), "morning": ("K", 9),
    "tomorrow morning": ("A", 0), "in the afternoon": ("P", 0), "this afternoon": ("P", 0),
    "afternoon": ("K", 15), "in the evening": ("P", 0), "this evening": ("P", 0),
    "evening": ("K", 18), "tonight": ("K", 20), "at night": ("P", 1), "night": ("K", 21),
    "lunchtime": ("K", 12), "lunch time": ("K", 12), "early morning": ("K", 8),
    "noon": ("n", 0), "midday": ("n", 0), "mid day": ("n", 0), "midnight": ("m", 0),
    "o'clock": ("o", 0), "oclock": ("o", 0), "o clock": ("o", 0), "hours": ("o", 0),
    "hundred hours": ("o", 0), "oh": ("z", 0), "o": ("z", 0), "hundred": ("u", 0),
    "minutes": ("c", 0), "minute": ("c", 0), "sharp": (".", 0), "exactly": (".", 0),
    "at": (".", 0), "around": (".", 0), "about": (".", 0), "the": (".", 0), "in": (".", 0),
}  # fmt: skip
TIMES_DE: Final[Table] = {
    "halb": ("h", 0), "viertel": ("q", 15), "dreiviertel": ("v", 45), "drei viertel": ("v", 45),
    "nach": ("p", 0), "vor": ("t", 0), "vormittags": ("A", 0), "morgens": ("A", 0),
    "früh": ("A", 0), "am vormittag": ("A", 0), "am morgen": ("A", 0), "in der früh": ("A", 0),
    "nachmittags": ("P", 0), "am nachmittag": ("P", 0), "abends": ("P", 0), "am abend": ("P", 0),
    "heute abend": ("K", 19), "heute nachmittag": ("K", 15), "morgen früh": ("K", 8),
    "nachts": ("P", 1), "in der nacht": ("P", 1), "vormittag": ("K", 10), "nachmittag": ("K", 15),
    "abend": ("K", 19), "nacht": ("K", 22), "mittags": ("n", 0), "mittag": ("n", 0),
    "am mittag": ("n", 0), "zu mittag": ("n", 0), "mitternacht": ("m", 0), "uhr": ("o", 0),
    "null": ("z", 0), "minuten": ("c", 0), "minute": ("c", 0), "um": (".", 0), "gegen": (".", 0),
    "punkt": (".", 0), "so": (".", 0), "ungefähr": (".", 0), "etwa": (".", 0), "ab": (".", 0),
}  # fmt: skip
