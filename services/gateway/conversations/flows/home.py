"""The ground floor: menu, help, back, greetings, and answers to what nobody can act upon."""

from services.gateway.conversations.flows.declaration import BACK, HOME, STAY, Flow, Question, Step

# Wherever something is asked, words and places are its answer.
NOT_UNDERSTOOD = Step("home:not_understood", (HOME,))
UNASKED_LOCATION = Step("home:unasked_location", (HOME,), acts=True)
CANNOT_READ = Step("home:cannot_read", (STAY,), wish=False)
DEAD_BUTTON = Step("home:dead_button", (STAY,), wish=False)

MENU = Step("home:show_menu", (HOME,), wish=False)

FLOW = Flow(
    name="home",
    questions=(Question(name=HOME, lifetime=None, asks="guidance:ground"),),
    words={
        Step("home:show_help", (STAY,)): ("help", "info", "aide", "ubufasha", "msaada"),
        MENU: ("menu", "accueil", "ahabanza", "menyu", "mwanzo"),
        Step("home:go_back", (BACK,), wish=False): (
            "back",
            "retour",
            "inyuma",
            "subira inyuma",
            "rudi",
            "rudi nyuma",
            "nyuma",
        ),
        Step("home:greet", (STAY,), wish=False): (
            *("hello", "hi", "hey", "good morning"),
            *("bonjour", "bonsoir", "salut"),
            *("muraho", "mwaramutse", "mwiriwe", "bite", "amakuru"),
            *("habari", "jambo", "hujambo", "mambo", "shikamoo"),
        ),
    },
    taps={"go:menu": MENU},
    others=(NOT_UNDERSTOOD, CANNOT_READ, DEAD_BUTTON, UNASKED_LOCATION),
)
