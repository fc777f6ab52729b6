"""Takes out of words what leads to a person past us: numbers, links, mail addresses and names of accounts.

It finds what people type without a thought, and digits spelt out or drawn apart; whoever is bent on it can still say a
number in riddles or in several messages (docs/relay.md says so to everybody). Plain regular expressions and one walk
over the words: nothing here can take longer than the text is long.
"""

import re

MASK = "***"

# So many digits in a row are a number at which somebody is reached; prices, times and house numbers have fewer.
_REACHES = 7
# What people put between the digits of a number is at most so long.
_LONGEST_GAP = 4

_TOP_LEVELS = "com|net|org|info|biz|app|link|page|site|online|me|ly|gg|co|io|rw|ug|ke|tz|bi|cd|fr|be|uk|eu"
# Bounded repetitions: each place of the text is looked at a bounded number of times.
_LINKS = re.compile(
    rf"""
    \b(?:https?|ftp|tg|whatsapp)\s?:\s?//\S*                # any address with a scheme
    | \b(?:tel|mailto|sms):\S+
    | \bwww\s?\.\s?\S+
    | [\w.+-]{{1,64}}@[\w-]{{1,64}}(?:\.[\w-]{{1,64}}){{0,4}}   # mail
    | [\w.+-]{{1,64}}\s?@\s?[\w-]{{1,64}}(?:\.[\w-]{{1,64}}){{1,4}}   # the same drawn apart
    | (?<!\w)@\w{{2,64}}                                    # accounts
    | \b[\w-]{{1,64}}(?:\.[\w-]{{1,64}}){{0,4}}\.(?:{_TOP_LEVELS})\b(?:/\S*)?   # names of hosts
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TOKENS = re.compile(r"\d+|[^\W\d_]+|[\W_]+")

# Words for digits, and for how many each stands: a number of two digits is said as one word in French.
_ONE = """
zero oh o nil one two three four five six seven eight nine
un une deux trois quatre cinq sept huit neuf
zeru rimwe kabiri gatatu kane gatanu gatandatu karindwi indwi umunani icyenda
sifuri moja mbili tatu nne tano sita saba nane tisa
"""
_TWO = """
ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty thirty forty fifty sixty seventy eighty ninety
dix onze douze treize quatorze quinze seize vingt vingts trente quarante cinquante soixante septante huitante nonante
icumi makumyabiri mirongo kumi ishirini thelathini arobaini hamsini sitini sabini themanini tisini
"""
_DIGITS = {**dict.fromkeys(_ONE.split(), 1), **dict.fromkeys(_TWO.split(), 2)}
# What may stand between digits without being one.
_FILLERS = frozenset({"and", "et", "na", "then", "puis", "kisha", "double", "triple", "plus", "dash", "dot", "point"})


def masked(text: str) -> tuple[str, bool]:
    """The text without what leads past us, and whether there was any."""
    without_links, links = _LINKS.subn(MASK, text)
    shown, numbers = _without_numbers(without_links)
    return shown, bool(links or numbers)


def _without_numbers(text: str) -> tuple[str, int]:
    tokens = [(found.start(), found.end(), _count(found[0])) for found in _TOKENS.finditer(text)]
    shown: list[str] = []
    kept_to = found = 0
    for begin, end in _runs(text, tokens):
        shown += [text[kept_to:begin], MASK]
        kept_to = end
        found += 1
    shown.append(text[kept_to:])
    return "".join(shown), found


def _runs(text: str, tokens: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Where each number that reaches somebody begins and ends."""
    runs: list[tuple[int, int]] = []
    begin = end = digits = 0
    for start, stop, count in tokens:
        if count:
            begin = begin if digits else start
            digits += count
            end = stop
        elif not digits or _joins(text[start:stop]):
            continue
        else:
            if digits >= _REACHES:
                runs.append((begin, end))
            digits = 0
    if digits >= _REACHES:
        runs.append((begin, end))
    return runs


def _count(token: str) -> int:
    """For how many digits a token stands."""
    return len(token) if token[0].isdecimal() else _DIGITS.get(_plain(token), 0)


def _joins(token: str) -> bool:
    """Whether a number may go on after it."""
    if token[0].isalpha():
        return _plain(token) in _FILLERS
    return len(token) <= _LONGEST_GAP


def _plain(word: str) -> str:
    return word.casefold().replace("é", "e").replace("è", "e")
