"""What was understood, as people read it, and times between the contract and our own values."""

from datetime import datetime

from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import places_pb2
from services.gateway.conversations import own_places, places, schedule_words, wording
from services.gateway.conversations.moments import EVERY_DAY, Every, When
from services.gateway.conversations.turn import Moment


def line(moment: Moment, understood: pb.Understood) -> str:
    """In full: "Place: Kimironko Market"."""
    match understood.WhichOneof("value"):
        case "place":
            return moment.say("item-place", place=_place(moment, understood.place))
        case "contact":
            contact = understood.contact
            return moment.say("item-contact", name=contact.name, code=contact.wallet_code)
        case _:
            return moment.say("item-time", when=schedule_words.in_full(moment.language, when(understood), moment.zone))


def title(moment: Moment, understood: pb.Understood) -> str:
    """For a row, whose titles hold 24 characters."""
    match understood.WhichOneof("value"):
        case "place":
            return _place(moment, understood.place)[:24].rstrip()
        case "contact":
            return understood.contact.name[:24].rstrip()
        case _:
            return schedule_words.short(moment.language, when(understood), moment.zone)


def when(understood: pb.Understood) -> When:
    """The time in it."""
    time_of = understood.time
    if time_of.HasField("weekly"):
        hours, minutes = divmod(time_of.weekly.minute_of_day, 60)
        return Every(hours, minutes, frozenset(day - 1 for day in time_of.weekly.weekdays) or EVERY_DAY)
    return wording.utc(time_of.moment)


def time(at: When) -> pb.UnderstoodTime:
    """A time as the contract has it."""
    if isinstance(at, datetime):
        told = pb.UnderstoodTime()
        told.moment.FromDatetime(at)
        return told
    days = [] if at.weekdays == EVERY_DAY else sorted(day + 1 for day in at.weekdays)
    return pb.UnderstoodTime(weekly=pb.WeeklyTime(minute_of_day=at.hours * 60 + at.minutes, weekdays=days))


def _place(moment: Moment, place: pb.UnderstoodPlace) -> str:
    """What it is called; home, work and school by where they are as well."""
    if place.kind == places_pb2.PLACE_KIND_UNSPECIFIED:
        return place.name
    called = own_places.name(moment, places_pb2.SavedPlace(kind=place.kind))
    landmark = place.name or places.near(place.latitude, place.longitude)
    return f"{called} ({landmark or places.plus_code(place.latitude, place.longitude)})"
