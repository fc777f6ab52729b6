"""Anything may come in, in any state: there is always an answer, and never an error."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hailwire.trips.v1 import events_pb2, trips_pb2
from services.gateway.conversations import catalogue, routing
from services.gateway.conversations.flows import QUESTIONS
from services.gateway.conversations.flows.consent import START_WORDS, STOP_WORDS
from services.gateway.conversations.turn import State
from services.gateway.messages import Message, MessageKind
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.town import Town

WORDS = st.sampled_from(sorted(routing.KEYWORDS.keys() | STOP_WORDS | START_WORDS)) | st.sampled_from(
    ["1", "2", "10", "english", "Kigali", "kcc", "-1.95, 30.06", "23WV+52", "Moto", "yes"]
)
TEXTS = WORDS | st.text(max_size=60)
PARTS = st.sampled_from(
    ["moto", "cab", "all", "5", "101", "0", "-1.95000,30.06000,1772442000", "nan,nan,1", "wait", ""]
)
TAPS = st.builds(
    lambda route, parts: ":".join([route, *parts]), st.sampled_from(sorted(routing.TAPS)), st.lists(PARTS)
) | st.text(max_size=40)
DEGREES = st.floats(-90, 90)
MESSAGES = (
    st.builds(lambda text: Message(MessageKind.TEXT, text=text), TEXTS)
    | st.builds(lambda tap, title: Message(MessageKind.TAP, tap=tap, title=title), TAPS, st.text(max_size=20))
    | st.builds(lambda a, b: Message(MessageKind.LOCATION, latitude=a, longitude=b), DEGREES, DEGREES)
    | st.builds(lambda kind, text: Message(kind, text=text), st.sampled_from(list(MessageKind)), TEXTS)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["gathered", "choices", "offers", "trip", "online", "silenced", "other"])
GATHERED = st.fixed_dictionaries(
    {},
    optional={
        "vehicle": st.sampled_from(["moto", "cab", "boat", ""]),
        "spot": st.sampled_from(["-1.95000,30.06000,1772442000", "x", ""]),
        "tap": TAPS,
        "word": TEXTS,
        "place": st.sampled_from(["-1.95000,30.06000,1772442000", "x"]),
        "at": st.sampled_from(["1772442000", "x", "9" * 40]),
    },
)
DATA = st.dictionaries(KEYS, JSON, max_size=4) | st.builds(lambda gathered: {"gathered": gathered}, GATHERED)
STATES = st.builds(
    State,
    name=st.sampled_from([*QUESTIONS, "unheard.of"]),
    version=st.sampled_from([1, 1, 1, 0, 2]),
    data=DATA,
)


def town_with_one_driver(phone_state: State, channel: str, language: str) -> tuple[Town, Phone]:
    town = Town()
    town.presences[1] = trips_pb2.Presence(
        person_id=1,
        online=True,
        vehicle=trips_pb2.VEHICLE_MOTO,
        location=trips_pb2.Location(latitude=-1.95, longitude=30.06),
    )
    phone = town.phone("sms" if channel == "sms" else "whatsapp", language)
    phone.state = phone_state
    return town, phone


@settings(max_examples=200, deadline=None)
@given(
    state=STATES,
    messages=st.lists(MESSAGES, min_size=1, max_size=4),
    channel=st.sampled_from(["sms", "whatsapp"]),
    language=st.sampled_from(["", *catalogue.LANGUAGES, "xx"]),
    age=st.sampled_from([0.0, 5.0, 5000.0, -100.0]),
)
async def test_any_message_in_any_state_is_answered(
    state: State, messages: list[Message], channel: str, language: str, age: float
) -> None:
    """There is a reply inside the limits or a known reason for silence, and a rerun ends the same."""
    town, phone = town_with_one_driver(state, channel, language)
    town.phones[1] = town.phone(language="en")
    for message in messages:
        before = len(phone.received) + len(phone.silences)
        await phone.send(message, age)
        assert len(phone.received) + len(phone.silences) > before


@settings(max_examples=100, deadline=None)
@given(
    state=STATES,
    kind=st.sampled_from(sorted(routing.EVENTS)),
    trip_state=st.sampled_from(sorted(trips_pb2.TripState.values())),
    offer_state=st.sampled_from(sorted(trips_pb2.OfferState.values())),
    vehicle=st.sampled_from(sorted(trips_pb2.Vehicle.values())),
    reason=st.sampled_from(["wait", "vehicle", "stopped", "retry", "", "in their own words"]),
    driving=st.booleans(),
    channel=st.sampled_from(["sms", "whatsapp"]),
    language=st.sampled_from(catalogue.LANGUAGES),
)
async def test_any_event_in_any_state_is_told(
    state: State,
    kind: events_pb2.EventKind.ValueType,
    trip_state: trips_pb2.TripState.ValueType,
    offer_state: trips_pb2.OfferState.ValueType,
    vehicle: trips_pb2.Vehicle.ValueType,
    reason: str,
    driving: bool,  # noqa: FBT001
    channel: str,
    language: str,
) -> None:
    """Whatever the trip looks like, its event becomes words or a known silence."""
    _, phone = town_with_one_driver(state, channel, language)
    trip = trips_pb2.Trip(
        trip_id=7, state=trip_state, vehicle=vehicle, cancel_reason=reason, driver_id=phone.person_id if driving else 3
    )
    trip.offers.add(offer_id=8, trip_id=7, driver_id=phone.person_id, state=offer_state, distance_meters=321)
    await phone.hear(events_pb2.Event(event_id=9, kind=kind, recipient_id=phone.person_id, trip=trip, offer_id=8))
    assert phone.received or phone.silences
