"""Places for conversations: how many there are, and when whoever went without is looked for."""

from services.gateway.room import Room


def test_who_goes_without_is_remembered_until_there_is_ample_room() -> None:
    """Not each place that is given back is worth a look, an eighth of them is."""
    room = Room(16)
    assert room.looks(600.0)
    assert room.take(20) == 16
    assert room.short
    assert not room.looks(600.0)
    room.give_back()
    assert (room.short, room.ample, room.looks(600.0)) == (True, False, False)
    room.give_back()
    assert (room.short, room.ample, room.looks(600.0)) == (True, True, True)
    assert not room.short


def test_after_a_while_the_last_place_is_worth_a_look() -> None:
    """Whoever waits is not kept waiting by turns that never end."""
    room = Room(16)
    room.take(15)
    assert not room.ample
    assert room.looks(0.0)


def test_a_single_place_is_ample() -> None:
    """With room for one, each place that is given back is looked for."""
    room = Room(1)
    assert room.take(1) == 1
    assert not room.ample
    room.give_back()
    assert room.ample
