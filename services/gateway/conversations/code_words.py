"""The words that carry a code to a phone; whoever receives them may never have written to us."""

from services.gateway.conversations import catalogue


def code_words(language: str, code: str) -> str:
    """In the language of whoever has the phone, or that of who asked, or English."""
    return catalogue.t(catalogue.spoken(language), "number-code", code=code)
