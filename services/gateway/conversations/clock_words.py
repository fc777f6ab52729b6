"""Words for days, parts of the day and hours in our four languages, without accents, as people type them.

In Swahili and Kinyarwanda the day begins at six: "saa moja" (saa moya), hour one, is seven o'clock.
"""

# Parts of the day -> the hours at which people say so: from the first until before the last; past midnight if need be.
PERIODS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("in the morning", "this morning", "morning"), (4, 12)),
    **dict.fromkeys(("in the afternoon", "this afternoon", "afternoon"), (12, 18)),
    **dict.fromkeys(("in the evening", "this evening", "evening"), (17, 23)),
    **dict.fromkeys(("at night", "tonight", "night"), (18, 28)),
    **dict.fromkeys(("du matin", "ce matin", "le matin", "matin"), (4, 12)),
    **dict.fromkeys(("de l'apres-midi", "cet apres-midi", "l'apres-midi", "apres-midi", "apres midi"), (12, 18)),
    **dict.fromkeys(("du soir", "ce soir", "le soir", "soir"), (17, 24)),
    **dict.fromkeys(("cette nuit", "la nuit", "de la nuit", "nuit"), (18, 28)),
    **dict.fromkeys(("za mu gitondo", "mu gitondo", "gitondo", "za mugitondo", "mugitondo"), (5, 12)),
    **dict.fromkeys(("z'amanywa", "za manywa", "ku manywa", "amanywa"), (11, 17)),
    **dict.fromkeys(("za nimugoroba", "nimugoroba", "ku mugoroba", "z'umugoroba", "umugoroba"), (16, 22)),
    **dict.fromkeys(("za nijoro", "nijoro", "z'ijoro", "ijoro"), (18, 28)),
    **dict.fromkeys(("alfajiri", "za alfajiri"), (4, 7)),
    **dict.fromkeys(("ya asubuhi", "za asubuhi", "asubuhi"), (5, 12)),
    **dict.fromkeys(("ya mchana", "za mchana", "mchana"), (11, 17)),
    **dict.fromkeys(("ya jioni", "za jioni", "jioni"), (16, 20)),
    **dict.fromkeys(("ya usiku", "za usiku", "usiku"), (18, 28)),
}

# Days from today.
DAYS: dict[str, int] = {
    **dict.fromkeys(("today", "aujourd'hui", "aujourdhui", "uyu munsi", "none", "leo"), 0),
    **dict.fromkeys(("tomorrow", "tmrw", "demain", "ejo", "kesho"), 1),
    **dict.fromkeys(("day after tomorrow", "apres-demain", "apres demain", "ejobundi", "ejo bundi", "keshokutwa"), 2),
    **dict.fromkeys(("kesho kutwa",), 2),
}
# Parts of the day that mean today's.
TODAYS = frozenset(
    {"this morning", "this afternoon", "this evening", "tonight", "ce matin", "cet apres-midi", "ce soir", "cette nuit"}
)

# As datetime.date.weekday() counts.
WEEKDAYS: dict[str, int] = {
    **dict.fromkeys(("monday", "mon", "lundi", "kuwa mbere", "ku wa mbere", "jumatatu"), 0),
    **dict.fromkeys(("tuesday", "tue", "tues", "mardi", "kuwa kabiri", "ku wa kabiri", "jumanne"), 1),
    **dict.fromkeys(("wednesday", "wed", "mercredi", "kuwa gatatu", "ku wa gatatu", "jumatano"), 2),
    **dict.fromkeys(("thursday", "thu", "thurs", "jeudi", "kuwa kane", "ku wa kane", "alhamisi"), 3),
    **dict.fromkeys(("friday", "fri", "vendredi", "kuwa gatanu", "ku wa gatanu", "ijumaa"), 4),
    **dict.fromkeys(("saturday", "sat", "samedi", "kuwa gatandatu", "ku wa gatandatu", "jumamosi"), 5),
    **dict.fromkeys(("sunday", "sun", "dimanche", "ku cyumweru", "kucyumweru", "jumapili"), 6),
}
# "Next Friday" is this one to some and that of the week after to others.
NEXT = frozenset({"next", "prochain", "prochaine", "gitaha", "ijayo", "lijalo"})

# Again and again.
EVERY = frozenset({"every", "each", "daily", "chaque", "tous les", "toutes les", "buri", "kila"})
EVERY_DAY = frozenset(
    {"every day", "everyday", "each day", "chaque jour", "tous les jours", "buri munsi", "kila siku", "daily"}
)

# Hours by the Swahili clock, which Kinyarwanda shares, after "saa".
HOURS: dict[str, int] = {
    **dict.fromkeys(("kumi na mbili", "kumi n'ebyiri", "kumi nebyiri", "kumi n ebyiri"), 12),
    **dict.fromkeys(("kumi na moja", "kumi n'imwe", "kumi nimwe", "kumi n imwe"), 11),
    **dict.fromkeys(("kumi",), 10),
    **dict.fromkeys(("moja", "moya", "imwe"), 1),
    **dict.fromkeys(("mbili", "mbiri", "ebyiri"), 2),
    **dict.fromkeys(("tatu",), 3),
    **dict.fromkeys(("nne", "yine", "ine"), 4),
    **dict.fromkeys(("tano", "tanu"), 5),
    **dict.fromkeys(("sita",), 6),
    **dict.fromkeys(("saba",), 7),
    **dict.fromkeys(("nane", "munani"), 8),
    **dict.fromkeys(("tisa", "cyenda", "kenda"), 9),
}
HALF_PAST = ("na nusu", "n'igice", "nigice", "n igice")
QUARTER_PAST = ("na robo",)

NOON = frozenset({"noon", "midday", "midi"})
MIDNIGHT = frozenset({"midnight", "minuit"})

# Lengths of time, in minutes.
UNITS: dict[str, int] = {
    **dict.fromkeys(("min", "mins", "minute", "minutes", "dakika", "iminota", "minota", "umunota", "munota"), 1),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "heure", "heures", "amasaha", "masaha", "isaha"), 60),
    **dict.fromkeys(("day", "days", "jour", "jours", "siku", "iminsi", "minsi", "umunsi"), 24 * 60),
}
# How many of them.
COUNTS: dict[str, float] = {
    **dict.fromkeys(("a", "an", "one", "un", "une", "moja", "umwe", "imwe", "rimwe"), 1),
    **dict.fromkeys(("half an", "half", "une demi", "une demi-", "demi", "nusu"), 0.5),
    **dict.fromkeys(("two", "deux", "mbili", "abiri", "ebyiri"), 2),
    **dict.fromkeys(("three", "trois", "tatu", "atatu", "itatu"), 3),
    **dict.fromkeys(("four", "quatre", "nne", "ane"), 4),
    **dict.fromkeys(("five", "cinq", "tano", "atanu", "itanu"), 5),
}
AHEAD = ("in", "dans", "baada ya", "mu", "nyuma y'", "nyuma ya")

# Say nothing by themselves.
FILLERS = frozenset(
    {"at", "on", "the", "a", "le", "la", "vers", "pour", "for", "please", "ku", "ya", "za", "na", "saa", "siku", "of"}
)
