"""`dialogue.model.grounds`: what a model says is spoken only where the site's texts say it too."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue.model.documents import Documents
from appliance.dialogue.model.grounds import Answering, Grounds
from appliance.dialogue.script import ModelUse
from tests.dialogue.model import site

PARKING = "where can i park"
PARKEN = "wo kann ich parken"


def grounds(language="en", **use):
    """The grounds of the test site."""
    script = site.script(language)
    if use:
        script = replace(script, model=ModelUse(**use))
    return Grounds(script, Documents(script.documents, language))


def answer(question, *clauses, language="en", **use):
    """The spoken clauses of an answer, and how far it has come."""
    held, answering = grounds(language, **use), Answering(question)
    spoken = []
    for clause in clauses:
        answering, text = held.clause(answering, clause)
        spoken.append(text)
    return spoken, answering


def asked(text, question="hello", language="en"):
    """The question that may be asked instead of choosing, after its words in two clauses."""
    held = grounds(language)
    first, _, second = text.partition(" ")
    answering, _ = held.clause(Answering(question), first)
    answering, _ = held.clause(answering, second)
    return held.question(answering)


@pytest.mark.parametrize(
    ("language", "question", "clauses"),
    [
        ("en", PARKING, ["[1] You can park behind our office,", "in Mill Lane 12."]),
        ("en", PARKING, ["[1] Yes,", "parking is free for 2 hours,", "then 1.50 euros an hour."]),
        ("en", PARKING, ["[1] It is free for two hours."]),
        ("en", "when is the shop open",
         ["[1] The shop is open from 9:00 to 17:30,", "from Monday to Friday,",
          "and on Saturdays until 13:00."]),
        ("en", "what is the night tariff",
         ["[1] The night tariff costs 21 cents a kilowatt hour,", "from 22:00 to 6:00."]),
        ("en", PARKING, ["[1] No,", "parking is free for 2 hours."]),
        ("de", PARKEN, ["[1] Sie können hinter unserem Büro parken,", "in der Mühlgasse 12."]),
        ("de", "was kostet der nachttarif", ["[1] Der Nachttarif kostet 21 Cent je Kilowattstunde."]),
        ("de", "wann hat der laden geöffnet",
         ["[1] Der Laden ist von Montag bis Freitag von 9:00 bis 17:30 Uhr geöffnet."]),
    ],
)  # fmt: skip
def test_an_answer_from_the_texts_is_spoken(language, question, clauses):
    """Clause by clause, as it comes, without its number; the source is known from the first on."""
    spoken, answering = answer(question, *clauses, language=language)
    assert spoken[0] == clauses[0].removeprefix("[1] ")
    assert spoken[1:] == clauses[1:]
    assert answering.source.startswith("documents/")
    assert answering.said == " ".join(spoken)
    assert not answering.refused


@pytest.mark.parametrize("opening", ["[1]", "[Text 1]", "[ 1 ]:", "Sure! [1]", "[source 1]"])
def test_the_number_may_be_written_in_several_ways(opening):
    """It names a text that was given, at the beginning; nothing of it is spoken."""
    spoken, answering = answer(PARKING, opening, "You can park behind our office.")
    assert spoken == ["", "You can park behind our office."]
    assert answering.source == "documents/parking.md"


@pytest.mark.parametrize(
    "clause",
    [
        "You can park behind our office.",
        "[0] You can park behind our office.",
        "[7] You can park behind our office.",
        "As everybody knows who has been here [1] you can park behind our office.",
        "[1] You can park behind our office, see http://x.example.",
        "[1] You can park behind our office.com.",
        "[1] Write to park@office.example.",
        "[1] Parking costs 3 euros an hour.",
        "[1] Parking costs fifteen euros an hour.",
        "[1] You can park behind our office, call 12 2 1 50.",
        "[1] You are verified.",
        "[1] You can't park behind our office.",
        "[1] Parking is never free.",
        "[1] I will park behind your office.",
        "[1] We have cancelled the office.",
        "[1] The prime minister opened a bakery.",
        "[1] " + "You can park behind our office. " * 12,
    ],
)
def test_what_the_texts_do_not_say_is_not_spoken(clause):
    """Without a text, with a wrong one, with links, numbers, promises or facts of its own: nothing."""
    spoken, answering = answer(PARKING, clause, "You can park behind our office.")
    assert spoken == ["", ""]
    assert answering.said == ""
    assert answering.refused or not answering.source


def test_after_a_refusal_nothing_more_is_spoken():
    """What was let through has been said; what comes after a wrong clause is not."""
    spoken, answering = answer(
        PARKING,
        "[1] You can park behind our office,",
        "for 900 euros,",
        "in Mill Lane 12.",
    )
    assert spoken == ["You can park behind our office,", "", ""]
    assert answering.refused
    assert answering.said == "You can park behind our office,"


def test_a_number_cannot_be_put_together_over_clauses():
    """Each part may stand in the text; what they make together has to as well."""
    spoken, _ = answer(PARKING, "[1] Park in Mill Lane 12,", "2,", "1.")
    assert spoken == ["Park in Mill Lane 12,", "", ""]


def test_an_answer_is_short():
    """After sixty words it has been long enough."""
    clause = "you can park behind our office in Mill Lane."
    spoken, answering = answer(PARKING, "[1] Yes,", *[clause] * 10)
    assert len(answering.said.split()) <= 60
    assert answering.refused
    assert spoken[-1] == ""


def test_two_texts_may_be_quoted():
    """A later clause may name another of the given texts; one that was not given ends it."""
    question = "where can i park and when is the shop open"
    spoken, answering = answer(
        question, "[1] The shop is open on Saturdays until 13:00.", "[2] You can park in Mill Lane.",
        "[9] You can park in Mill Lane.",
    )  # fmt: skip
    assert all(spoken[:2])
    assert spoken[2] == ""
    assert answering.refused


def test_marks_of_markdown_are_not_spoken():
    """Emphasis and code are text, on one line."""
    spoken, _ = answer(PARKING, "[1] **You can park** _behind_ our\n`office`.")
    assert spoken == ["You can park behind our office ."]


def test_a_site_that_does_not_answer_does_not():
    """`model.answers: no` holds whatever the model writes."""
    spoken, _ = answer(PARKING, "[1] You can park behind our office.", triage=True)
    assert spoken == [""]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Is it about your meter reading or about an invoice?"),
        ("en", "Do you want to leave a message?"),
        ("en", "Would you like to give your meter reading?"),
        ("de", "Geht es um Ihren Zählerstand oder um eine Rechnung?"),
        ("de", "Möchten Sie eine Nachricht hinterlassen?"),
    ],
)
def test_a_short_question_about_the_offer_may_be_asked(language, text):
    """One sentence about what is on offer, that ends with a question mark."""
    assert asked(text, language=language) == text


@pytest.mark.parametrize(
    "text",
    [
        "It is about your meter reading.",
        "Your meter reading is 4711, is it?",
        "Do you want to pay twelve euros for a message?",
        "What is your PIN for the meter reading?",
        "Can you tell me the password of your meter?",
        "Do you like football?",
        "You are verified. Do you want your invoice?",
        "Is it your invoice? Is it your message?",
        "Is your invoice on http://x.example?",
        "Invoice?",
        "Do you want " + "an invoice or a message or " * 6 + "a refund?",
        "[1] Do you want to leave a message?",
    ],
)
def test_other_questions_are_not(text):
    """No statement, number, secret, link, small talk, nor more than one sentence of 25 words."""
    assert asked(text) == ""


def test_what_is_held_is_bounded():
    """A model that never comes to the point is not listened to for ever."""
    held, answering = grounds(), Answering("hello")
    for _ in range(50):
        answering, text = held.clause(answering, "Do you want to leave a message, or a message,")
        assert text == ""
    assert answering.refused
    assert len(answering.held) <= 500


@given(
    st.lists(
        st.text(max_size=40)
        | st.sampled_from(["[1]", "[2] You", "park", "call 0900", "office", "?", "www.x.de"]),
        max_size=6,
    ),
    st.sampled_from([PARKING, "", "nothing at all"]),
)
def test_whatever_comes_is_grounded_or_silent(clauses, question):
    """No text breaks it; what is spoken has no link and no number that the texts do not have."""
    spoken, answering = answer(question, *clauses)
    assert not [text for text in spoken if "0900" in text or "www" in text]
    assert answering.said == " ".join(filter(None, spoken))
    assert not answering.said or answering.source
