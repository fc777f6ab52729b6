"""What people hear of certificates, claims and files without having written; it interrupts and answers nothing."""

from hailwire.profile.v1 import insurance_pb2
from hailwire.trips.v1 import events_pb2
from services.gateway.conversations import cover, insurance_words, menus, taps, wording
from services.gateway.conversations.turn import EVENT_OUTDATED, EventTurn, Moment, Outcome
from services.gateway.messages import Button, Buttons, Reply, Text

_REFUSED = {
    events_pb2.FILE_REFUSAL_TOO_LARGE: "file-too-large",
    events_pb2.FILE_REFUSAL_WRONG_KIND: "file-wrong-kind",
    events_pb2.FILE_REFUSAL_TOO_MANY: "file-too-many",
    events_pb2.FILE_REFUSAL_CLOSED: "file-closed",
}


async def received(turn: EventTurn) -> Outcome:
    """The certificate is with us, with so many pages."""
    count = turn.event.certificate.document_count
    return _tell(turn, Text(turn.say("certificate-received", count=count)))


async def reviewed(turn: EventTurn) -> Outcome:
    """An operator has decided; whoever loses their cover by it is taken off the map."""
    certificate = turn.event.certificate
    if certificate.state == insurance_pb2.CERTIFICATE_STATE_APPROVED:
        words = turn.say("certificate-approved", when=insurance_words.expiry(turn, certificate))
        drive = Button(taps.GO_DRIVE, turn.say("button-drive"))
        return _tell(turn, Buttons(words, (drive, Button(taps.GO_MENU, turn.say("button-menu")))))
    return await _lost(turn, insurance_words.rejected(turn, certificate))


async def expires_soon(turn: EventTurn) -> Outcome:
    """Some days are left; a reminder that comes after the day says nothing any more."""
    certificate = turn.event.certificate
    if wording.utc(certificate.expire_time) <= turn.now:
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)
    words = turn.say("certificate-soon", when=insurance_words.expiry(turn, certificate))
    return _tell(turn, Buttons(words, (_send(turn),)))


async def expired(turn: EventTurn) -> Outcome:
    """None is good any more."""
    return await _lost(turn, turn.say("certificate-over"))


async def documents_received(turn: EventTurn) -> Outcome:
    """Documents of a claim are with us."""
    claim = turn.event.claim
    words = turn.say("claim-documents-received", number=str(claim.claim_id), count=claim.document_count)
    return _tell(turn, Text(words))


async def claim_moved(turn: EventTurn) -> Outcome:
    """An operator has moved a claim on."""
    return _tell(turn, Text(insurance_words.claim_line(turn, turn.event.claim)))


async def file_refused(turn: EventTurn) -> Outcome:
    """A file was not taken: say why, and that nothing else is lost."""
    return _tell(turn, Text(turn.say(_REFUSED.get(turn.event.file_refusal, "file-unreachable"))))


async def _lost(turn: EventTurn, words: str) -> Outcome:
    """The words for somebody who may have lost their cover, off the map if they have."""
    if await cover.taken_offline(turn):
        state = cover.off_the_map(turn).state
        words = menus.body(words, turn.say("cover-offline"))
        return Outcome(state, (Buttons(words, (_send(turn),)),))
    return _tell(turn, Buttons(words, (_send(turn),)))


def _send(moment: Moment) -> Button:
    return Button(taps.INSURANCE_SEND, moment.say("button-certificate"))


def _tell(turn: EventTurn, reply: Reply) -> Outcome:
    return Outcome(turn.state, (reply,))
