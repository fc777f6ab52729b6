"""The words: complete in every language, inside every limit, cheap to send."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel import Locale

from services.gateway.conversations import catalogue, refusals, routing, wording
from services.gateway.conversations.catalogue import LANGUAGES, LOCALES, WordsMissing, t
from services.gateway.conversations.flows import consent
from services.gateway.providers.twilio.segments import gsm_friendly

ROOT = Path(__file__).resolve().parents[3]
HOUSE = ROOT / "services" / "gateway" / "conversations"

# GSM 03.38, basic alphabet and extension.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)


def source(language: str) -> dict[str, str]:
    """Key -> its text as written."""
    blocks = re.split(r"\n(?=[a-z])", (LOCALES / f"{language}.ftl").read_text(encoding="utf-8"))
    pairs = (block.partition("=") for block in blocks if re.match(r"[a-z-]+ =", block))
    return {key.strip(): value.split("\n##")[0].strip() for key, _, value in pairs}


def longest(text: str) -> str:
    """A text with the longest arguments that its placeholders can get."""
    if "->" in text:
        text = max(re.findall(r"\[\w+\] (.*)", text), key=len)
    worst = {"number": "9", "distance": "9.9 km", "count": "9", "age": "59 minutes", "time": "23:59", "day": "Alhamisi"}
    return re.sub(r"\{ \$(\w+) \}", lambda match: worst.get(match[1], "x" * 20), text)


def test_every_language_has_every_key() -> None:
    """No language lacks a text, and none has one too many."""
    assert {language: catalogue.keys(language) for language in LANGUAGES} == {
        language: catalogue.keys("en") for language in LANGUAGES
    }


def test_placeholders_agree_between_languages() -> None:
    """A text uses the same arguments in each language."""
    english = source("en")
    for language in LANGUAGES:
        for key, text in source(language).items():
            assert set(re.findall(r"\$(\w+)", text)) == set(re.findall(r"\$(\w+)", english[key])), key


_PATTERNS = {"day-time", "time-of-day"}
# What is the same word in two languages: names, and a pattern of names.
SAME = {
    "fr": {"vehicle-moto", "vehicle-lifan", "button-menu", "label-places", "trip-line", "age-minutes", *_PATTERNS},
    "rw": {"place-card", "vehicle-moto", "vehicle-lifan", "trip-line", "entry-line", "schedule-line", *_PATTERNS},
    "sw": {"place-card", "vehicle-lifan", "trip-line", "entry-line", "schedule-line", *_PATTERNS},
}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_nothing_was_left_in_english(language: str) -> None:
    """No text is the English one, but for what is the same word in both."""
    english = source("en")
    same = {key for key, text in source(language).items() if text == english[key]}
    assert same <= SAME[language]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_no_english_word_leaks(language: str) -> None:
    """Words that every English text is full of are in no text of another language."""
    telltale = {"the", "you", "your", "of", "and", "for", "with", "what", "here", "have", "driver", "trip", "please"}
    for key, text in source(language).items():
        said = re.sub(r"\{ \$\w+ \}|Kimironko Market", "", text).lower()
        assert not telltale & set(re.findall(r"[a-z]+", said)), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    """A text that counts has the forms that CLDR gives its language, and "other" among them; 1 may be written out."""
    forms = set(Locale(language).plural_form.tags) | {"other"}
    for key, text in source(language).items():
        for form in re.findall(r"^\s+\*?\[(\w+)\]", text, re.MULTILINE):
            assert form in forms | {"1"}, (key, form)
        if "->" in text:
            assert t(language, key, count=1, vehicle="x") != t(language, key, count=2, vehicle="x"), key


@pytest.mark.parametrize("language", ["rw", "sw"])
def test_a_file_that_no_native_speaker_has_read_says_so(language: str) -> None:
    """Whoever opens the file sees it first."""
    assert (
        (LOCALES / f"{language}.ftl").read_text(encoding="utf-8").startswith("# Not yet reviewed by a native speaker.")
    )


def test_every_text_is_used_and_every_used_text_exists() -> None:
    """The keys named in the code are exactly those of the catalogue."""
    constants: set[str] = set()
    said: set[str] = set()
    for path in HOUSE.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "say":
                said |= {one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    assert said <= catalogue.keys("en")
    assert catalogue.keys("en") <= constants


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_fit_where_they_are_shown(language: str) -> None:
    """No button, label, row or description is longer than WhatsApp allows."""
    for key, text in source(language).items():
        limit = 1000
        if key.startswith(("button-", "label-")):
            limit = 20
        elif key.startswith(("row-", "vehicle-")):
            limit = 72 if key.endswith("-about") else 24
        elif key.startswith("seen-"):
            limit = 72
        assert len(longest(text)) <= limit, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_stay_in_the_cheap_alphabet(language: str) -> None:
    """As SMS every text is GSM-7, so that a part holds 160 characters instead of 70."""
    strange = {key: set(gsm_friendly(text)) - GSM for key, text in source(language).items()}
    assert {key: letters for key, letters in strange.items() if letters} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_in_capitals_are_understood(language: str) -> None:
    """Whatever the texts tell people to write has a handler; what a carrier would swallow is not advised."""
    known = routing.KEYWORDS.keys() | consent.STOP_WORDS | consent.START_WORDS
    for key, text in source(language).items():
        for word in re.findall(r"\b[A-Z]{4,}(?: [A-Z]{4,})*\b", text):
            assert word.lower() in known, (key, word)


def test_titles_in_english_begin_as_promised() -> None:
    """Scripts find the buttons by these beginnings."""
    promised = {
        "language-name": "English",
        "vehicle-moto": "Moto",
        "vehicle-cab": "Cab",
        "row-ask-all": "Ask all",
        "button-accept": "Accept",
        "button-decline": "Decline",
        "button-arrived": "Arrived",
        "button-start": "Start trip",
        "button-complete": "Complete",
    }
    assert {key: t("en", key) for key in promised} == promised


def test_no_title_is_a_word_of_the_carriers() -> None:
    """Typing what a button says never opts anybody out or in."""
    carriers = (
        consent.CARRIER_STOP_WORDS
        | consent.START_WORDS
        | consent.CARRIER_START_WORDS_AFTER_STOP
        | consent.CARRIER_HELP_WORDS
    )
    for language in LANGUAGES:
        for key, text in source(language).items():
            if key.startswith(("button-", "row-", "vehicle-", "language-name")):
                assert text.lower() not in carriers, key
    assert not (routing.KEYWORDS.keys() - {"help", "info"}) & carriers


def test_every_reason_of_the_contracts_is_worded_or_ours() -> None:
    """A refusal that the protos name has words for the person, or is known to be a bug of ours."""
    reasons: set[str] = set()
    for path in (ROOT / "protos").rglob("v1/*.proto"):
        text = re.sub(r"\n\s*//\s?", " ", path.read_text(encoding="utf-8"))
        for sentence in re.findall(r"Error reasons per item: ([^.]*)\.", text):
            reasons |= set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", sentence))
    assert reasons
    elsewhere = refusals.BY_THE_WALLET | refusals.BY_NO_SHOWS | refusals.BY_THE_INVITATION
    assert reasons <= refusals.WORDED.keys() | refusals.OUR_BUGS | elsewhere
    assert set(refusals.WORDED.values()) <= catalogue.keys("en")


def test_missing_words_are_told_to_us_not_to_people() -> None:
    """An unknown key or a missing argument raises instead of showing a placeholder."""
    with pytest.raises(WordsMissing):
        t("en", "no-such-key")
    with pytest.raises(WordsMissing):
        t("fr", "late")


def test_regions_and_strangers_find_a_language() -> None:
    """A regional language finds its base; one that we do not speak finds English."""
    assert [catalogue.spoken(asked) for asked in ("fr-RW", "RW", "sw-TZ", "en", "xx", "")] == [
        *("fr", "rw", "sw"),
        *("en", "en", "en"),
    ]


def test_measures_read_as_people_say_them() -> None:
    """Distances and ages are rounded to what somebody who waits needs."""
    said = [wording.distance("en", meters) for meters in (0, 84, 994, 999, 1249, 9949, 9951, 14_600)]
    assert said == ["10 m", "80 m", "990 m", "1.0 km", "1.2 km", "9.9 km", "10 km", "15 km"]
    assert wording.distance("fr", 1249) == "1,2 km"
    ages = [wording.age("fr", seconds) for seconds in (0, 60, 3599, 3600, 86_400, 30 * 86_400, 10**9)]
    assert ages == ["1 minute", "1 minute", "59 minutes", "1 heure", "1 jour", "30 jours", "plus d'un mois"]
    assert [wording.distance(language, 1249) for language in ("rw", "sw")] == ["1,2 km", "1.2 km"]
    assert [wording.age("rw", seconds) for seconds in (60, 7200, 10**9)] == ["umunota 1", "amasaha 2", "ukwezi kurenga"]
    assert [wording.age("sw", seconds) for seconds in (60, 7200, 10**9)] == ["dakika 1", "saa 2", "zaidi ya mwezi"]
    march = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    assert [wording.moment(language, march, wording.LOCAL_TIME) for language in LANGUAGES] == [
        "2 Mar 11:05",
        "02/03 11:05",
        "02/03 11:05",
        "2 Mac, 11:05",
    ]
