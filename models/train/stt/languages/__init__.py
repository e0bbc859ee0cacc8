"""The languages of the recipe: texts, phones and sets of each."""

from models.train.stt.languages import english, german
from models.train.stt.languages.base import Language

LANGUAGES: dict[str, Language] = {
    language.code: language for language in (english.ENGLISH, german.GERMAN)
}
