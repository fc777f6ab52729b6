"""Who there is, what each phone was told and may be told: silence, the provider's window, a limit that was met."""

from datetime import datetime
from typing import Literal

from tests.days.values import MOST_PHOTOS, WINDOW, Person, Told


class Phones:
    """Everybody's phone; `touched` are those who were to hear something since it was cleared."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.people: list[Person] = []
        self.touched: set[Person] = set()

    def newcomer(self, name: str, channel: Literal["whatsapp", "sms"], called: str = "") -> Person:
        """Somebody who has never written."""
        person = Person(name, channel, called)
        self.people.append(person)
        return person

    def hears(self, person: Person, key: str, said: str = "", /, **numbers: int) -> None:
        """They are told this, with what somebody `said`, unless they want silence or a window is closed."""
        late = person.wrote_at is None or self.now - person.wrote_at > WINDOW
        if person.silent or (person.channel == "whatsapp" and late):
            return
        person.heard.append(Told(key, person.language, tuple(numbers.items()), said))
        self.touched.add(person)

    def answered(self, person: Person, key: str, **numbers: int) -> None:
        """They write, and are told this."""
        person.wrote_at = self.now
        self.hears(person, key, **numbers)

    def speaks(self, person: Person, language: str) -> None:
        """They choose a language, in which they are answered at once."""
        person.language = language
        self.answered(person, "language-chosen")

    def shows_photo(self, person: Person) -> None:
        """More than an hour's allowance at once: told so once, then nothing."""
        person.photos += 1
        if person.photos <= MOST_PHOTOS:
            self.answered(person, "cannot-read-media")
        elif person.photos == MOST_PHOTOS + 1:
            self.answered(person, "limited-expensive")
