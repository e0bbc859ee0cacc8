"""Behaviour of `appliance.speech.words.text_de`: what a caller must hear for what an author wrote."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.speech.words.text import MAX_CHARACTERS, MAX_CLAUSE_WORDS, Clause, clauses, normalise

SAID = {
    "einundzwanzig Zimmer": "einundzwanzig Zimmer",
    "Wir haben 21 Zimmer, 101 Betten und 1 Termin.": "Wir haben einundzwanzig Zimmer, hunderteins Betten und ein Termin.",
    "Am 22. November 2026 um 15:30 Uhr.": "Am zweiundzwanzigsten November zweitausend sechsundzwanzig um fünfzehn Uhr dreißig.",
    "der 22. November": "der zweiundzwanzigste November",
    "22.11.2026": "zweiundzwanzigster November zweitausend sechsundzwanzig",
    "am 22.11.": "am zweiundzwanzigsten November.",
    "vom 3. bis 5. Mai": "vom dritten bis fünften Mai",
    "Heute ist Montag, 22. November.": "Heute ist Montag, zweiundzwanzigster November.",
    "Heute ist Montag, der 1. März 2027.": "Heute ist Montag, der erste März zweitausend siebenundzwanzig.",
    "in der 2. Etage": "in der zweiten Etage",
    "im 1. Stock": "im ersten Stock",
    "1. Stock": "erster Stock",
    "2026-11-22": "zweiundzwanzigster November zweitausend sechsundzwanzig",
    "um 8 Uhr": "um acht Uhr",
    "8-18 Uhr": "acht bis achtzehn Uhr",
    "Mo-Fr 8:00-17:00 Uhr, Sa 9-12 Uhr": "Montag bis Freitag acht Uhr bis siebzehn Uhr, Samstag neun bis zwölf Uhr",
    "12,50 €": "zwölf Euro fünfzig",
    "€ 12,50": "zwölf Euro fünfzig",
    "0,99 €": "neunundneunzig Cent",
    "1 €": "ein Euro",
    "1.234,05 €": "tausend zweihundertvierunddreißig Euro fünf",
    "3 Mio. €": "drei Millionen Euro",
    "2,5 Mio. Euro": "zwei Komma fünf Millionen Euro",
    "1 Mio. Einwohner": "eine Million Einwohner",
    "12,- €": "zwölf Euro",
    "12,00 EUR": "zwölf Euro",
    "$5,20": "fünf Dollar zwanzig",
    "3,5 km": "drei Komma fünf Kilometer",
    "1.000 Leute": "tausend Leute",
    "1.234.567": "eine Million zweihundertvierunddreißigtausend fünfhundertsiebenundsechzig",
    "25 % Rabatt": "fünfundzwanzig Prozent Rabatt",
    "100%": "hundert Prozent",
    "-4 °C": "minus vier Grad Celsius",
    "Tel. 030 4455-12": "Telefon null drei null, vier vier fünf fünf, eins zwei",
    "030 445512": "null drei null, vier vier fünf, fünf eins zwei",
    "+49 30 445512": "plus vier neun, drei null, vier vier fünf, fünf eins zwei",
    "0171/1234567": "null eins sieben eins, eins zwei drei, vier fünf sechs sieben",
    "(0711) 12 34 56": "null sieben eins eins, eins zwei, drei vier, fünf sechs",
    "Rufen Sie 4455-12 an.": "Rufen Sie vier vier fünf fünf, eins zwei an.",
    "Durchwahl 204": "Durchwahl zwei null vier",
    "Zimmer 204": "Zimmer zwei null vier",
    "Zimmer Nr. 204": "Zimmer Nummer zwei null vier",
    "Zimmer 22. Danke.": "Zimmer zweiundzwanzig. Danke.",
    "PIN 4711": "PIN vier sieben eins eins",
    "IBAN DE89 3704 0044 0532 0130 00": "IBAN D E acht neun, drei sieben null vier, null null vier vier, null fünf drei zwei, null eins drei null, null null",
    "z. B. morgen, d. h. bald": "zum Beispiel morgen, das heißt bald",
    "Dr. Weber und Prof. Klein": "Doktor Weber und Professor Klein",
    "Hauptstr. 5": "Hauptstraße fünf",
    "Hauptstr. 15, 70173 Stuttgart": "Hauptstraße fünfzehn, sieben null eins sieben drei Stuttgart",
    "bzw. usw. ggf.": "beziehungsweise und so weiter gegebenenfalls.",
    "Tee usw. Dann los.": "Tee und so weiter. Dann los.",
    "Fr. Weber kommt Fr. 5. März": "Frau Weber kommt Freitag fünfter März",
    "Hr. Weber": "Herr Weber",
    "die ADAC AG und die EnBW GmbH": "die A D A C A G und die EnBW G M B H",
    "HNO und MRT, TÜV, WLAN, USB": "H N O und M R T, TÜV, We Lan, U S B",
    "jane.doe42@beispiel.de": "jane Punkt doe vier zwei ät beispiel Punkt D E",
    "www.beispiel.de/hilfe": "We We We Punkt beispiel Punkt D E Schrägstrich hilfe",
    "§ 5 Abs. 2": "Paragraf fünf Absatz zwei",
    "24/7": "vierundzwanzig sieben",
    "1/2 Stunde, 3/4": "eine halbe Stunde, drei Viertel",
    "1 Std. 30 Min.": "eine Stunde dreißig Minuten.",
    "1,5 Std.": "eins Komma fünf Stunden.",
    "die 80er und 1990er Jahre": "die achtziger und neunzehnhundertneunziger Jahre",
    "seit 1998": "seit neunzehnhundert achtundneunzig",
    "im Jahr 1871": "im Jahr achtzehnhundert einundsiebzig",
    "1999": "neunzehnhundert neunundneunzig",
    "2026": "zweitausend sechsundzwanzig",
    "Raum B12": "Raum B zwölf",
    "Version 2.0.1": "Version zwei Punkt null Punkt eins",
    "Drücken Sie * oder #.": "Drücken Sie Stern oder Raute.",
    "Drücken Sie die 1 Für Rechnungen.": "Drücken Sie die eins Für Rechnungen.",
    "3x täglich": "dreimal täglich",
    "5 x 3": "fünf mal drei",
    "50 km/h": "fünfzig Kilometer pro Stunde",
    "5 kWh": "fünf Kilowattstunden",
    "am 3. und 5. Mai": "am dritten und fünften Mai",
    "zum 2. Mal": "zum zweiten Mal",
    "das 3. Quartal": "das dritte Quartal",
    "BITTE BLEIBEN SIE AM APPARAT": "bitte bleiben sie am apparat",
    "„Hallo“ – sagte er…": "Hallo, sagte er.",
    "Café Größe Straße ẞ": "Cafe Größe Straße ß",
    "J. R. Schmidt": "J R Schmidt",
    "E-Mail und S-Bahn": "E Mail und S Bahn",
    "24-Stunden-Dienst": "vierundzwanzig Stunden Dienst",
    "Öffnungszeiten: 8.30 Uhr bis 12.15 Uhr": "Öffnungszeiten: acht Uhr dreißig bis zwölf Uhr fünfzehn",
    "St. Gallen": "Sankt Gallen",
    "um 1 Uhr": "um ein Uhr",
    "bis 22. November": "bis zweiundzwanzigsten November",
    "Ich komme am 22.": "Ich komme am zweiundzwanzigsten.",
    "12 €/Monat": "zwölf Euro pro Monat",
    "von 5-7 Personen": "von fünf bis sieben Personen",
    "A & B": "A und B",
    "15.11. bis 3.12.": "fünfzehnter November bis dritter Dezember.",
    "1990-1999": "neunzehnhundert neunzig bis neunzehnhundert neunundneunzig",
    "21 Millionen": "einundzwanzig Millionen",
    "08:05": "acht Uhr fünf",
    "Kundennummer: 4711 0815": "Kundennummer: vier sieben eins eins null acht eins fünf",
    "Ihre Nummer ist 12345678.": "Ihre Nummer ist eins zwei drei, vier fünf sechs, sieben acht.",
    "0049 30 123456": "null null vier neun, drei null, eins zwei drei, vier fünf sechs",
    "Ich nehme 2. Das ist gut.": "Ich nehme zwei. Das ist gut.",
    "Mo-Do 8-16 Uhr u. Fr 8-12 Uhr": (
        "Montag bis Donnerstag acht bis sechzehn Uhr und Freitag acht bis zwölf Uhr"
    ),
    "Raum 3.14, Gebäude C. Dann": "Raum drei Punkt vierzehn, Gebäude C. Dann",
    "Zimmer 1.07": "Zimmer eins Punkt null sieben",
    "Nr. AB-2026-0815": "Nummer A B zwei null zwei sechs, null acht eins fünf",
    "ca. 3-5 % (max. 100 €) mehr": "zirka drei bis fünf Prozent, maximal hundert Euro, mehr",
    "2,5-3,5 €": "zwei Komma fünf bis drei Euro fünfzig",
    "Max Müller": "Max Müller",
    "Dr. med. Klein": "Doktor med Klein",
    "5.-7. Mai": "fünfter bis siebter Mai",
    "am 5./6. Mai": "am fünften und sechsten Mai",
    "1. FC Köln": "erster F C Köln",
    "2. OG links": "zweites Obergeschoss links",
    "im 3. OG": "im dritten Obergeschoss",
}


@pytest.mark.parametrize(("written", "said"), SAID.items())
def test_written_german_is_said_as_people_say_it(written: str, said: str) -> None:
    """Numbers, dates, times, money, telephone numbers and abbreviations come out in words."""
    assert normalise(written, "de") == said


def test_words_stay_words() -> None:
    """What is written out is left alone, so that a text may be normalised twice."""
    for said in SAID.values():
        assert normalise(said, "de") == said


def test_clauses_keep_their_marks() -> None:
    """A German text is divided at marks; the stop of "Dr." and of a date is none."""
    assert clauses("Guten Tag, Dr. Weber! Kommen Sie am 22. November?", "de") == (
        Clause("Guten Tag", ","),
        Clause("Doktor Weber", "!"),
        Clause("Kommen Sie am zweiundzwanzigsten November", "?"),
    )


def test_long_clauses_are_divided_before_joining_words() -> None:
    """A breathless German sentence is cut before "und"."""
    words = ("wir sahen das Haus und dann " * 12).strip()
    parts = clauses(words, "de")
    assert max(len(part.words.split()) for part in parts) <= MAX_CLAUSE_WORDS
    assert " ".join(part.words for part in parts) == words
    assert parts[1].words.startswith("und")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.text("0123456789.,:-/$€@#*()+ UhrEM'äß%", max_size=80))
def test_any_text_becomes_plain_words(text: str) -> None:
    """Whatever is written, only letters, apostrophes, spaces and marks remain, and none raises."""
    assert re.fullmatch(r"[A-Za-zÄÖÜäöüß' ,;:.!?]*", normalise(text, "de"))
    for clause in clauses(text, "de"):
        assert re.fullmatch(r"[A-Za-zÄÖÜäöüß' ]+", clause.words)
        assert clause.mark in ",;:.!?"


def test_hostile_text_costs_no_more_than_a_long_one() -> None:
    """No pattern explodes: repeated halves of patterns stay within a small multiple of prose."""
    size = MAX_CHARACTERS - 10

    def cost(text: str) -> float:
        began = time.process_time()
        normalise((text * size)[:size], "de")
        return time.process_time() - began

    prose = cost("wir haben von 8 bis 18 Uhr auf, Tel. 030 4455-12. ")
    for text in (
        "1", "1.234", "12-34 ", "a.", "a-b@", "(01", "1:", "+1 ", "A", "0 ", "€", "1. und ", "z. ",
        "DE12 3456 ", "am 1. ", "Zimmer ", "Mo-",
    ):  # fmt: skip
        assert cost(text) < 40 * prose + 0.2, text
