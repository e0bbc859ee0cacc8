"""Letters as they are named: by themselves, by spelling alphabets, by any word that begins so.

NATO/ITU alphabet; DIN 5009 in its forms of 1951 (Anton, Berta) and 2022 (Aachen, Berlin).
"""

from __future__ import annotations

from typing import Final

from appliance.dialogue.text import words

NATO: Final = words(
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar "
    "papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
)
_OLD: Final = words(
    "anton berta cäsar dora emil friedrich gustav heinrich ida julius kaufmann ludwig martha "
    "nordpol otto paula quelle richard samuel theodor ulrich viktor wilhelm xanthippe ypsilon "
    "zacharias konrad siegfried zeppelin zürich bertha marta caesar"
)
_NEW: Final = words(
    "aachen berlin chemnitz düsseldorf essen frankfurt goslar hamburg ingelheim jena köln leipzig "
    "münchen nürnberg offenbach potsdam quickborn rostock salzwedel tübingen unna völklingen "
    "wuppertal xanten zwickau"
)
_ENGLISH: Final = words(
    "able baker dog easy fox george how item jig king love nan oboe peter queen roger sugar tare "
    "uncle william x-ray yoke zebra apple boy cat david edward frank harry ice jack kite lucy mary "
    "nancy nellie oliver orange robert sam tommy tom umbrella violet yellow"
)

LETTERS_EN: Final = {
    **{letter: letter for letter in "abcdefghijklmnopqrstuvwxyz"},
    **{name: name[0] for name in NATO},
    "alfa": "a", "juliett": "j", "whisky": "w", "x ray": "x", "exray": "x",
    "bee": "b", "see": "c", "sea": "c", "dee": "d", "eff": "f", "ef": "f", "gee": "g", "aitch": "h",
    "haitch": "h", "eye": "i", "jay": "j", "kay": "k", "el": "l", "ell": "l", "em": "m", "en": "n",
    "pee": "p", "cue": "q", "queue": "q", "are": "r", "ar": "r", "ess": "s", "es": "s", "tee": "t",
    "tea": "t", "you": "u", "vee": "v", "double u": "w", "double you": "w", "ex": "x", "why": "y",
    "zee": "z", "zed": "z",
}  # fmt: skip
LETTERS_DE: Final = {
    **{letter: letter for letter in "abcdefghijklmnopqrstuvwxyzäöüß"},
    **{name: name[0] for name in (*_OLD, *_NEW)},
    "ärger": "ä", "ökonom": "ö", "übermut": "ü", "übel": "ü", "österreich": "ö", "ähre": "ä",
    "umlaut aachen": "ä", "umlaut offenbach": "ö", "umlaut unna": "ü", "a umlaut": "ä",
    "o umlaut": "ö", "u umlaut": "ü", "ae": "ä", "oe": "ö", "ue": "ü",
    "eszett": "ß", "es zett": "ß", "scharfes s": "ß", "scharfes es": "ß", "scharf s": "ß",
    "charlotte": "ch", "schule": "sch", "ypsilon": "y", "üpsilon": "y", "ix": "x", "iks": "x",
    "zett": "z", "zet": "z", "vau": "v", "fau": "v", "we": "w", "weh": "w", "be": "b", "beh": "b",
    "ce": "c", "ceh": "c", "zeh": "c", "de": "d", "deh": "d", "eh": "e", "eff": "f", "ef": "f",
    "ge": "g", "geh": "g", "ha": "h", "hah": "h", "jot": "j", "jott": "j", "ka": "k", "kah": "k",
    "el": "l", "ell": "l", "em": "m", "emm": "m", "en": "n", "enn": "n", "pe": "p", "peh": "p",
    "ku": "q", "kuh": "q", "er": "r", "err": "r", "es": "s", "ess": "s", "te": "t", "teh": "t",
    "tee": "t", "uh": "u", "bindestrich": "-", "minus": "-", "strich": "-", "leerzeichen": " ",
}  # fmt: skip
SIGNS_EN: Final = {"hyphen": "-", "dash": "-", "space": " ", "apostrophe": "'"}
WORDS_EN: Final = {**LETTERS_EN, **SIGNS_EN}
KNOWN_EN: Final = {name.replace("-", ""): name[0] for name in (*NATO, *_ENGLISH)}
KNOWN_DE: Final = {name: name[0] for name in (*_OLD, *_NEW)} | {
    "ärger": "ä", "ökonom": "ö", "übermut": "ü", "charlotte": "ch", "schule": "sch",
    "eszett": "ß", "ypsilon": "y",
}  # fmt: skip
"""Words that name a letter surely after "wie" or "for", whatever letter was heard before it."""
EXPLAINS: Final = {
    "en": frozenset(words("for as like in")),
    "de": frozenset(words("wie für von")),
}
DOUBLES: Final = {
    "en": frozenset(words("double")),
    "de": frozenset(words("doppel doppelt zweimal")),
}
PASSED: Final = {
    "en": frozenset(words("capital upper lower case letter the um uh then big small")),
    "de": frozenset(words("großes kleines groß klein buchstabe dann äh ähm und")),
}
EXTRA_GUESS: Final = frozenset(
    words("a i see sea are you why eye tea es er we ha de ge te be en em el")
)
"""Letters that are words as well: alone they are no spelling."""
