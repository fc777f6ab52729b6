"""Which language: asked on first contact, changed ever after."""

from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

LANGUAGE = "language"

# The names of languages in each language, and their codes: always understood.
NAMES = {
    **dict.fromkeys(("english", "anglais", "icyongereza", "kiingereza", "en"), "en"),
    **dict.fromkeys(("french", "francais", "igifaransa", "kifaransa", "fr"), "fr"),
    **dict.fromkeys(("kinyarwanda", "ikinyarwanda", "rw"), "rw"),
    **dict.fromkeys(("swahili", "kiswahili", "igiswahili", "igiswayire", "sw"), "sw"),
}

CHOOSE = Step("language:choose", (HOME, STAY))
ANSWER = Step("language:answer", (HOME, STAY))

FLOW = Flow(
    name="language",
    questions=(
        # Never lapses: nothing is said before it is answered.
        Question(name=LANGUAGE, lifetime=None, asks="language:ask", answer=ANSWER, offers=("lang:set",)),
    ),
    words={
        Step("language:begin", (LANGUAGE,), wish=False): ("language", "langue", "ururimi", "lugha"),
        ANSWER: tuple(NAMES),
    },
    taps={"lang:set": CHOOSE},
)
