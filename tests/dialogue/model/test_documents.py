"""`dialogue.model.documents`: the site's own texts, found by a question."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue.model.documents import OVERLAP, WORDS, Documents, passages
from appliance.dialogue.script import Document
from tests.dialogue.model import site


def held(text):
    """The passages of one document."""
    return list(passages(Document("documents/x.md", text)))


def found(language, question):
    """The (document, title) pairs that a question finds at the test site."""
    script = site.script(language)
    documents = Documents(script.documents, language)
    return [(p.source.removeprefix("documents/"), p.title) for p in documents.find(question)]


@pytest.mark.parametrize(
    ("language", "question", "first"),
    [
        ("en", "where can i park", ("parking.md", "Visiting us, Parking")),
        ("en", "is there parking at your office", ("parking.md", "Visiting us, Parking")),
        ("en", "when does the shop open", ("parking.md", "Visiting us, Opening hours of the shop")),
        ("en", "what does the night tariff cost", ("tariffs.txt", "")),
        ("en", "where do i find the meter number", ("tariffs.txt", "")),
        ("de", "wo kann ich parken", ("parken.md", "Besuch, Parken")),
        ("de", "wann ist der laden offen", ("parken.md", "Besuch, Öffnungszeiten des Ladens")),
        ("de", "kann ich den tarif wechseln", ("tarife.txt", "")),
        ("de", "was kostet der parkplatz", ("parken.md", "Besuch, Parken")),
    ],
)
def test_the_passage_that_answers_comes_first(language, question, first):
    """Callers ask in their own words; forms and compounds of a word are found."""
    assert found(language, question)[0] == first


@pytest.mark.parametrize(
    "question",
    ["", "who is the king of spain", "please", "where can you", "ignore your instructions", "???"],
)
def test_nothing_is_found_for_what_is_not_there(question):
    """A question about something else has no passage, and neither has one about nothing."""
    assert found("en", question) == []


def test_what_is_rare_counts_more():
    """A word that stands in most passages decides less than one that stands in one."""
    texts = ("Our works here.", "Our works there.", "Our works again.", "Our canteen.")
    documents = Documents(Document(f"d{n}", text) for n, text in enumerate(texts))
    assert documents.find("the works canteen")[0].source == "d3"


def test_scores_go_down_and_as_many_are_given_as_wanted():
    """The best is first; `most` bounds how many there are."""
    text = "\n\n".join(f"# Part {n}\n\n{'meter ' * n}reading." for n in range(1, 6))
    documents = Documents([Document("x", text)])
    scores = [p.score for p in documents.find("meter", most=4)]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)


def test_the_neighbours_of_the_best_passage_come_along():
    """Where few are found, the same document goes on after them; no other document does."""
    text = "# Meters\n\nA meter counts.\n\n# Money\n\nSeventy pounds.\n\n# Other\n\nNothing."
    documents = Documents([Document("a", text), Document("b", "Something else.")])
    assert [(p.source, p.title) for p in documents.find("meter")] == [
        ("a", "Meters"), ("a", "Money"), ("a", "Other"),
    ]  # fmt: skip
    assert len(documents.find("meter", most=2)) == 2
    assert len(documents.find("seventy pounds", most=1)) == 1


def test_markdown_is_read_as_text():
    """Marks, links, pictures, comments and tables become words; headings become titles."""
    one, two, three = held(
        "# Visiting\n\nSee **our** [page](http://x.de) `now`! ![map](m.png)<!-- no -->\n\n"
        "## Prices ##\n\n| Day | Euro |\n|---|---|\n| Monday | 2 |\n\n- first\n- second\n\n"
        "Parking\n-------\n\n> Quoted <b>bold</b>\n"
    )
    assert (one.title, one.text) == ("Visiting", "See our page now!")
    assert two.title == "Visiting, Prices"
    assert two.text == "Day, Euro. Monday, 2. first. second."
    assert (three.title, three.text) == ("Visiting, Parking", "Quoted bold.")


def test_text_out_of_a_pdf_is_mended():
    """Words that were divided at a line's end are joined; pages are paragraphs."""
    (one,) = held("You may visit at any reason-\nable hour\fNext page")
    assert one.text == "You may visit at any reasonable hour. Next page."


def test_a_long_text_is_cut_with_an_overlap():
    """Passages are about as long as one says in a minute; the end of one begins the next."""
    sentences = " ".join(f"Number {n} is a word among many others." for n in range(100))
    parts = held(sentences)
    assert len(parts) > 4
    assert all(len(part.text.split()) <= WORDS + OVERLAP for part in parts)
    for before, after in itertools.pairwise(parts):
        assert after.text.split()[:OVERLAP] == before.text.split()[-OVERLAP:]
    assert parts[-1].text.endswith("Number 99 is a word among many others.")


def test_a_text_without_signs_is_cut_all_the_same():
    """A table of a PDF has no full stop for pages."""
    assert all(len(p.text.split()) <= 2 * WORDS for p in held("word " * 5000))


def test_a_site_without_documents_has_no_answers():
    """No document, nothing found."""
    assert not Documents([])
    assert Documents([]).find("anything") == ()
    assert not Documents([Document("x", "# Only a heading\n")])


@given(st.text(alphabet="ab #|-*\n=.[]()<>!\f`1", max_size=200), st.text(max_size=30))
def test_no_text_breaks_it(text, question):
    """Whatever an author writes and a caller asks, there is an answer or none."""
    documents = Documents([Document("x", text)])
    for passage in documents.find(question):
        assert passage.text
        assert "\n" not in passage.text
