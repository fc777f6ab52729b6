"""Insurance by chat: how somebody stands, a certificate as photo or PDF, a claim with what happened and documents.

Files are not looked at here: a turn says which ones it wants, and what became of them is told by an event.
"""

from services.gateway.conversations import insurance_words, menus, taps
from services.gateway.conversations.flows.insurance import (
    INSURANCE_CERTIFICATE,
    INSURANCE_CLAIM,
    INSURANCE_DOCUMENTS,
)
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.papers import MOST_FILES, Papers
from services.gateway.conversations.turn import Moment, Outcome, Turn
from services.gateway.messages import Button, Buttons, Reply, Text

# What a small screen holds.
LISTED_CLAIMS = 3


async def show(turn: Turn) -> Outcome:
    """`insurance`: how the person stands and what can be done. Below a photo the word hands it in."""
    if turn.message.media and not turn.stale:
        return await take_certificate(turn)
    insurance = await turn.world.insurance.status()
    claims = await turn.world.insurance.claims(LISTED_CLAIMS)
    words = menus.body(
        insurance_words.standing(turn, insurance),
        "\n".join(insurance_words.claim_line(turn, claim) for claim in claims),
    )
    buttons = (
        Button(taps.INSURANCE_SEND, turn.say("button-certificate")),
        Button(taps.INSURANCE_CLAIM, turn.say("button-claim")),
        Button(taps.GO_MENU, turn.say("button-menu")),
    )
    return Outcome(remembered(turn).home(), (Buttons(words, buttons),))


async def begin_certificate(turn: Turn) -> Outcome:
    """A certificate is to be handed in."""
    return await ask_certificate(turn)


async def ask_certificate(moment: Moment, lead: str = "") -> Outcome:
    """Ask for photos or a PDF of it."""
    state = remembered(moment).asking(INSURANCE_CERTIFICATE, moment.now)
    return Outcome(state, (_with_way_back(moment, menus.body(lead, moment.say("certificate-ask"))),))


async def take_certificate(turn: Turn) -> Outcome:
    """Files came, perhaps one page of several: fetch them and wait for more. Anything else asks again."""
    if not turn.message.media:
        return await ask_certificate(turn, turn.say("file-please"))
    state = remembered(turn).asking(INSURANCE_CERTIFICATE, turn.now)
    reply = _with_way_back(turn, turn.say("file-coming"))
    return Outcome(state, (reply,), papers=Papers(turn.message.media[:MOST_FILES]))


async def begin_claim(turn: Turn) -> Outcome:
    """Something has happened."""
    return await ask_claim(turn)


async def ask_claim(moment: Moment, lead: str = "") -> Outcome:
    """Ask what has happened, in the person's own words."""
    state = remembered(moment).asking(INSURANCE_CLAIM, moment.now)
    return Outcome(state, (Text(menus.body(lead, moment.say("claim-ask"))),))


async def take_claim(turn: Turn) -> Outcome:
    """What happened was written, perhaps below a photo: make the claim and ask for documents of it."""
    description = turn.message.text.strip()
    if not description:
        return await ask_claim(turn, turn.say("claim-words-please"))
    claim = await turn.world.insurance.make_claim("claim", description)
    noted = turn.say("claim-noted", number=str(claim.claim_id))
    if turn.message.media:
        return _documents(turn, claim.claim_id, noted, turn.say("file-coming"), papers=True)
    return _documents(turn, claim.claim_id, noted, turn.say("claim-documents"))


async def ask_documents(moment: Moment, lead: str = "") -> Outcome:
    """Ask for documents of a claim, again."""
    claim_id = _claim_id(moment)
    if claim_id is None:
        return await ask_claim(moment, lead)
    return _documents(moment, claim_id, lead, moment.say("claim-documents"))


async def take_documents(turn: Turn) -> Outcome:
    """Files for the claim that was just made."""
    claim_id = _claim_id(turn)
    if claim_id is None:
        return await ask_claim(turn)
    if not turn.message.media:
        return _documents(turn, claim_id, turn.say("file-please"), turn.say("claim-documents"))
    return _documents(turn, claim_id, turn.say("file-coming"), papers=True)


def _documents(moment: Moment, claim_id: int, *words: str, papers: bool = False) -> Outcome:
    """The question for documents of this claim; with `papers` those of the message are fetched for it."""
    files = moment.message.media[:MOST_FILES] if papers and isinstance(moment, Turn) else ()
    state = remembered(moment).asking(INSURANCE_DOCUMENTS, moment.now, claim=str(claim_id))
    reply = _with_way_back(moment, menus.body(*words))
    return Outcome(state, (reply,), papers=Papers(files, claim_id) if files else None)


def _with_way_back(moment: Moment, words: str) -> Reply:
    return Buttons(words, (Button(taps.GO_INSURANCE, moment.say("button-done")),))


def _claim_id(moment: Moment) -> int | None:
    """Which claim documents are asked for; None when the question does not say."""
    try:
        return taps.positive(remembered(moment).gathered.get("claim", ""))
    except taps.TapUnreadable:
        return None
