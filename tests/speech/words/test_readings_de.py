"""Behaviour of `appliance.speech.words.readings_de` at the edges of each form."""

from __future__ import annotations

import pytest

from appliance.speech.words.text import normalise


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("am 3. Mai", "am dritten Mai"),
        ("der 3. Mai", "der dritte Mai"),
        ("ein 3. Versuch", "ein dritter Versuch"),
        ("ein 2. Mal", "ein zweites Mal"),
        ("mit der 3. Rate", "mit der dritten Rate"),
        ("die 3. Rate", "die dritte Rate"),
        ("im 2. und 3. Stock", "im zweiten und dritten Stock"),
        ("Etage 2. Dann links.", "Etage zwei. Dann links."),
        ("Wir haben 3. Das reicht.", "Wir haben drei. Das reicht."),
    ],
)
def test_ranks_have_the_ending_of_their_case(written: str, said: str) -> None:
    """The words before and after a number decide whether it is a rank, and its ending."""
    assert normalise(written, "de") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("31:99", "einunddreißig:neunundneunzig"),
        ("45. März", "fünfundvierzig. März"),
        ("24:00 Uhr", "vierundzwanzig Uhr"),
        ("0:05 Uhr", "null Uhr fünf"),
    ],
)
def test_what_is_no_time_or_date_is_read_as_numbers(written: str, said: str) -> None:
    """An impossible hour or day is not forced into one."""
    assert normalise(written, "de") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1/3 davon", "ein Drittel davon"),
        ("7/8 fertig", "sieben Achtel fertig"),
        ("0,05 €", "fünf Cent"),
        ("0,01 €", "ein Cent"),
        ("12,05 €", "zwölf Euro fünf"),
        ("-12,30 €", "minus zwölf Euro dreißig"),
        ("CHF 3,50", "drei Franken fünfzig"),
        ("1 h und 3 h", "eine Stunde und drei Stunden"),
        ("1 °C", "ein Grad Celsius"),
        ("1,0 %", "eins Komma null Prozent"),
        ("1.000.000 Euro", "eine Million Euro"),
        ("Fr. 9-12 Uhr", "Freitag neun bis zwölf Uhr"),
        ("Mo., 5. März", "Montag, fünfter März"),
        ("So ist es.", "So ist es."),
        ("die Art der Frage", "die Art der Frage"),
        ("Z. B. heute", "Zum Beispiel heute"),
        ("Nr. 5", "Nummer fünf"),
        ("1.12.2026", "erster Dezember zweitausend sechsundzwanzig"),
        ("22/11/2026", "zweiundzwanzigster November zweitausend sechsundzwanzig"),
        ("1 Frage und 1 Name", "eine Frage und ein Name"),
        ("Drücken Sie Taste 1 Für", "Drücken Sie Taste eins Für"),
        ("§§ 5 und 6", "Paragrafen fünf und sechs"),
    ],
)
def test_fractions_money_units_and_words(written: str, said: str) -> None:
    """Singular, gender and scale agree with the number; ordinary words stay."""
    assert normalise(written, "de") == said
