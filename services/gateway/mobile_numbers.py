"""Numbers that an SMS may reach, out of what somebody typed. Slow to import: numbering plans of the whole world."""

import phonenumbers
from phonenumbers import PhoneNumberType

# Where a plan does not tell mobile phones apart, or a number is of no place, it may be one.
_REACHED_BY_SMS = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.VOIP,
        PhoneNumberType.UNKNOWN,
    }
)
# Spaces and brackets included, nobody needs more.
_MOST_CHARACTERS = 40


def mobile(text: str, like: str = "") -> str | None:
    """E.164; None for what is no such number.

    Without + and a country code nobody knows whose it is, unless it stands `like` another number of the same person.
    """
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(like, None)) if like else None
        number = phonenumbers.parse(text[:_MOST_CHARACTERS], region)
    except phonenumbers.NumberParseException:
        return None
    reached = phonenumbers.number_type(number) in _REACHED_BY_SMS
    if not reached or number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
