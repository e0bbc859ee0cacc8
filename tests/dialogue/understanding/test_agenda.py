from appliance.dialogue.understanding.agenda import divide
from appliance.dialogue.understanding.manners import ENGLISH, GERMAN

KNOWN = {
    "i moved": {"moving": 0.9},
    "my meter is 4455": {"meter": 0.8},
    "i want a call back": {"message": 0.8},
    "my cat is ill": {"": 0.9},
    "monday": {"hours": 0.4},
    "are you open": {"hours": 0.9},
    "ich bin umgezogen": {"moving": 0.9},
    "ich will meinen stand melden": {"meter": 0.9},
}


def parts(text, manners=ENGLISH, known=KNOWN):
    return [
        (intent, said)
        for intent, said, _ in divide(text.split(), manners, lambda said: known.get(said, {}))
    ]


def test_two_requests():
    """Divides where both sides are requests by themselves, what joins them left out."""
    assert parts("i moved and my meter is 4455") == [
        ("moving", "i moved"),
        ("meter", "my meter is 4455"),
    ]
    assert len(parts("i moved and my meter is 4455 and then i want a call back")) == 3
    assert parts("erstens ich bin umgezogen und zweitens ich will meinen stand melden", GERMAN) == [
        ("moving", "ich bin umgezogen"),
        ("meter", "ich will meinen stand melden"),
    ]


def test_one_request():
    """Divides nothing where one side is unsure, belongs to no intent, or means the same."""
    assert parts("i moved and my cat is ill") == []
    assert parts("are you open and monday") == []
    assert parts("i moved") == []
    assert parts("i moved and i moved") == []


def test_a_part_that_means_nothing_by_itself():
    """Tries a part together with the next where it is no request alone."""
    known = {**KNOWN, "my street and house changed": {"moving": 0.9}}
    assert parts("my street and house changed and my meter is 4455", known=known) == [
        ("moving", "my street and house changed"),
        ("meter", "my meter is 4455"),
    ]


def test_a_sentence_that_is_one_request_for_sure():
    """Keeps a sentence whole that is surely one request where its parts are less sure."""
    known = {**KNOWN, "i moved and my meter is 4455": {"final reading": 0.95}}
    assert parts("i moved and my meter is 4455", known=known) == []
