"""What was understood from somebody's own words: they are asked whether to keep it, and see what is kept (`notes`)."""

from collections.abc import Sequence

from chassis.errors import HailwireError
from hailwire.profile.v1 import enrichments_pb2 as pb
from services.gateway.conversations import enrichments_words as words
from services.gateway.conversations import menus, refusals, taps, understanding
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Moment, Outcome, Turn
from services.gateway.messages import Button, Buttons, Menu, Row

# With what is kept (services/profile/enrichments/effects.py) and the way to the menu they fill a list of ten.
_MOST_WAITING = 2
MOST_NOTES = 7

_ABOUT_CONTACTS = {"PAYEE_UNKNOWN": "refused-payee", "TRANSFER_TO_SELF": "refused-self"}


async def offer(turn: Turn, source: pb.ItemSource.ValueType, lead: str = "") -> Outcome | None:
    """Store what the message says and ask about it; None when nothing was understood that could be kept.

    Whoever is on a trip, waits for one or has a request to answer is asked about nothing else: the numbers of a
    question would take the place of those that accept and decline.
    """
    memory = remembered(turn)
    if memory.trip is not None or memory.open_offers(turn.now):
        return None
    understood = await understanding.read(turn)
    if not understood:
        return None
    items = await turn.world.enrichments.add("understood", source, understood)
    return _asked(turn, items, lead) if items else None


async def keep(turn: Turn) -> Outcome:
    """Yes: confirmed and applied, each item by itself."""
    kept: list[str] = []
    said: list[str] = []
    for item in await _named(turn):
        line = words.line(turn, item.understood)
        try:
            await turn.world.enrichments.decide(f"keep:{item.item_id}", item.item_id, confirmed=True)
            await turn.world.enrichments.apply(f"apply:{item.item_id}", item.item_id)
        except HailwireError as refusal:
            said.append(f"{line}. {_refused(turn, refusal)}")
        else:
            kept.append(line)
    done = "\n".join([turn.say("items-kept"), *kept]) if kept else ""
    return _told(turn, menus.body(done, *said))


async def drop(turn: Turn) -> Outcome:
    """No: nothing of it is kept."""
    said: list[str] = []
    for item in await _named(turn):
        try:
            await turn.world.enrichments.decide(f"drop:{item.item_id}", item.item_id, confirmed=False)
        except HailwireError as refusal:
            said.append(f"{words.line(turn, item.understood)}. {_refused(turn, refusal)}")
        else:
            said.append(turn.say("items-dropped"))
    return _told(turn, menus.body(*dict.fromkeys(said)))


async def show_list(turn: Turn) -> Outcome:
    """`notes`: what waits for a word, and what is kept."""
    return await _list(turn)


async def show_item(turn: Turn) -> Outcome:
    """One that waits was tapped: ask again, unless it is kept or gone by now."""
    items = await _named(turn)
    if not items:
        return await _list(turn, turn.say("item-gone"))
    if items[0].status == pb.ITEM_STATUS_APPLIED:
        return await _list(turn, turn.say("item-applied"))
    return _asked(turn, items[:1])


async def show_note(turn: Turn) -> Outcome:
    """One that is kept was tapped."""
    note_id = taps.number_of(turn.message.tap)
    for note in await turn.world.enrichments.notes():
        if note.note_id == note_id:
            buttons = (
                Button(taps.note("forget", note_id), turn.say("button-forget")),
                Button(taps.GO_NOTES, turn.say("button-notes")),
                Button(taps.GO_MENU, turn.say("button-menu")),
            )
            return Outcome(remembered(turn).home(), (Buttons(words.line(turn, note.understood), buttons),))
    return await _list(turn, turn.say("note-gone"))


async def forget(turn: Turn) -> Outcome:
    """Not any more."""
    try:
        await turn.world.enrichments.forget("forget", taps.number_of(turn.message.tap))
    except HailwireError as refusal:
        return await _list(turn, _refused(turn, refusal))
    return await _list(turn, turn.say("note-forgotten"))


async def _named(turn: Turn) -> list[pb.EnrichmentItem]:
    return await turn.world.enrichments.items(taps.item_ids(turn.message.tap))


def _refused(turn: Turn, refusal: HailwireError) -> str:
    """Why an item did not become what it should; raises what no person can do anything about."""
    key = refusals.words_for(refusal) or _ABOUT_CONTACTS.get(refusal.reason)
    if key is None:
        raise refusal
    return turn.say(key)


def _asked(moment: Moment, items: Sequence[pb.EnrichmentItem], lead: str = "") -> Outcome:
    lines = "\n".join(words.line(moment, item.understood) for item in items)
    ids = [item.item_id for item in items]
    buttons = (
        Button(taps.items("keep", ids), moment.say("button-keep")),
        Button(taps.items("drop", ids), moment.say("button-drop-item")),
        _way_on(moment, items),
    )
    question = Buttons(menus.body(lead, lines, moment.say("items-question")), buttons)
    return Outcome(remembered(moment).home(), (question,))


def _way_on(moment: Moment, items: Sequence[pb.EnrichmentItem]) -> Button:
    """What they may rather have come for."""
    if len(items) > 1:
        return Button(taps.GO_NOTES, moment.say("button-one-by-one"))
    understood = items[0].understood
    match understood.WhichOneof("value"):
        case "place":
            spot = taps.Spot(understood.place.latitude, understood.place.longitude, moment.now)
            return Button(taps.here("ride", spot), moment.say("button-ride-here"))
        case "contact":
            return Button(taps.WALLET_SEND, moment.say("button-send-money"))
        case _:
            return Button(taps.GO_SCHEDULE, moment.say("button-later"))


def _told(turn: Turn, said: str) -> Outcome:
    """What became of it; all of them may have gone, because their days were over."""
    buttons = (Button(taps.GO_NOTES, turn.say("button-notes")), Button(taps.GO_MENU, turn.say("button-menu")))
    return Outcome(remembered(turn).home(), (Buttons(said or turn.say("item-gone"), buttons),))


async def _list(turn: Turn, lead: str = "") -> Outcome:
    waiting = await turn.world.enrichments.pending(_MOST_WAITING)
    notes = (await turn.world.enrichments.notes())[-MOST_NOTES:]
    rows = [
        Row(taps.items("show", [one.item_id]), words.title(turn, one.understood), turn.say("item-waits"))
        for one in waiting
    ]
    rows += [Row(taps.note("show", one.note_id), words.title(turn, one.understood)) for one in notes]
    said = turn.say("notes-list" if rows else "notes-none")
    menu = Row(taps.GO_MENU, turn.say("button-menu"))
    question = Menu(menus.body(lead, said), turn.say("label-notes"), (*rows, menu))
    return Outcome(remembered(turn).home(), (question,))
