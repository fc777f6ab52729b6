"""Words that stand around the name of a place or a person and are no part of it, folded, in our four languages."""

# Words of greeting, wishing and moving; what is left of "please pick me up at Kimironko Market" is its name.
ABOUT_PLACES = frozenset(
    {
        *("i", "m", "am", "is", "are", "be", "my", "me", "we", "us", "it", "s", "the", "a", "an", "at", "to", "in"),
        *("on", "from", "of", "near", "by", "and", "for", "up", "pick", "take", "bring", "drop", "come", "go", "going"),
        *("get", "need", "want", "would", "like", "ride", "driver", "here", "there", "now", "please", "can", "you"),
        *("live", "called", "place", "this", "that", "waiting", "wait", "moto", "taxi", "cab", "hello", "hi", "thanks"),
        *("je", "j", "suis", "un", "une", "le", "la", "les", "l", "du", "de", "des", "d", "au", "aux", "chez", "pres"),
        *("vers", "pour", "mon", "ma", "mes", "moi", "nous", "veux", "voudrais", "aller", "venez", "viens", "prenez"),
        *("prendre", "course", "chauffeur", "ici", "maintenant", "svp", "merci", "bonjour", "est", "c", "et", "habite"),
        *("ndi", "ni", "ku", "kuri", "mu", "muri", "i", "kwa", "hafi", "ya", "wa", "na", "nshaka", "ndashaka", "kujya"),
        *("njya", "mvuye", "uze", "mwaze", "umushoferi", "hano", "ubu", "murakoze", "muraho", "iwacu", "ntuye"),
        *("niko", "nipo", "katika", "karibu", "za", "nataka", "kwenda", "kutoka", "hapa", "sasa", "tafadhali"),
        *("asante", "dereva", "njoo", "nichukue", "yangu", "wangu", "naishi"),
    }
)  # fmt: skip

# With one of these somebody goes home, or from there: that says nothing about where it is.
MOVING = frozenset(
    {
        *("from", "to", "take", "bring", "drop", "pick", "come", "go", "going", "get", "need", "want", "ride"),
        *("de", "du", "depuis", "vers", "veux", "voudrais", "aller", "venez", "viens", "prenez", "prendre", "course"),
        *("nshaka", "ndashaka", "kujya", "njya", "mvuye", "uze", "mwaze"),
        *("nataka", "kwenda", "kutoka", "njoo", "nichukue"),
    }
)  # fmt: skip

ABOUT_CONTACTS = frozenset(
    {
        *("code", "codes", "wallet", "money", "is", "s", "the", "of", "my", "for", "to", "send", "save", "this", "her"),
        *("his", "their", "please", "and", "pay", "it", "me", "keep"),
        *("le", "la", "l", "de", "du", "d", "est", "c", "mon", "ma", "son", "sa", "pour", "a", "et", "portefeuille"),
        *("argent", "envoyer", "envoie", "payer", "voici", "garde", "svp", "un", "une"),
        *("kode", "kodi", "ikofi", "ya", "wa", "ni", "amafaranga", "kwa", "na", "bika", "ohereza", "iyi", "yanjye"),
        *("msimbo", "namba", "pochi", "yake", "yangu", "pesa", "hii", "tuma", "hifadhi", "tafadhali"),
    }
)  # fmt: skip
