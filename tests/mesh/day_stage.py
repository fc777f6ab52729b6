"""Deeds (tests/days) played on phones of a running mesh, whose clock moves as the model says."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

from launcher import cli
from launcher.failure import ExitCode
from tests.days import words
from tests.days.acts import Act, Choose, Credit, Paper, Photo, Pick, Review, Say, SayCode, Share, place
from tests.days.model import Model
from tests.days.values import Person
from tests.mesh import attachments
from tests.mesh.audit import Connection
from tests.mesh.deliveries import Delivered, Deliveries
from tests.mesh.phones import Phone, option, options
from tests.mesh.posting import Postman, tap, text

_CODE = re.compile(r"HW-\w{7}")
_PHOTO = {"type": "image", "image": {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}}
_PAGE = b"\xff\xd8\xff\xe0 a page"
_GOOD_FOR = timedelta(days=30)
# Only what fails waits so long.
_PATIENCE_SECONDS = 60.0


class MeshStage:
    """A phone for each person of the model. `database_url` must be in the environment for what operators do."""

    def __init__(
        self, model: Model, postman: Postman, deliveries: Deliveries, connection: Connection, simulator_url: str
    ) -> None:
        self._model = model
        self._simulator_url = simulator_url
        self.phones = {
            person: Phone(postman, deliveries, f"+25078{number:07}", sms=person.channel == "sms")
            for number, person in enumerate(model.people, 1)
        }
        self._deliveries = deliveries
        self._postman = postman
        self._connection = connection
        # How much of what each was told has been compared.
        self._compared = dict.fromkeys(model.people, 0)
        self._operator = asyncio.Lock()

    async def set_clock(self, moment: datetime) -> None:
        """It is this moment, for the mesh and for the phones."""
        sql = "UPDATE chassis.clock SET shift = $1 - clock_timestamp() RETURNING extract(epoch FROM shift)::float8"
        self._postman.ahead_seconds = await self._connection.fetchval(sql, moment)

    async def perform(self, act: Act) -> None:
        """Do it on the phone of whoever does it."""
        match act:
            case Say(who, said):
                await self._send(who, text(said))
            case SayCode(who, of):
                await self._send(who, text(self._code_of(of)))
            case Share(who, corner, steps):
                await self.phones[who].share(*place(corner, steps))
            case Photo(who):
                await self._send(who, _PHOTO)
            case Paper(who):
                await self._send(who, attachments.image(await attachments.attached(self._simulator_url, _PAGE)))
            case Review(who, approve):
                await self._review(who, approve=approve)
            case Choose(who, key, count):
                await self._choose(who, self._offered(who, words.title(who.language, key, count=count)))
            case Pick(who):
                await self._choose(who, next(options(self.phones[who].received[-1])))
            case Credit(who, amount):
                await self._credit(who, amount)

    def _offered(self, person: Person, begins: str) -> tuple[str, str, str]:
        """What the newest message that offers it calls so."""
        for message in reversed(self.phones[person].received):
            found = option(message, begins)
            if found is not None:
                return found
        raise AssertionError(f"{person.name} is offered no {begins!r}: {self._read(person)[-3:]}")

    async def _credit(self, person: Person, amount: int) -> None:
        code = self._code_of(person)
        async with self._operator:  # one at a till
            person_id = await self._connection.fetchval("SELECT person_id FROM profile.account WHERE code = $1", code)
            order = ["--to", str(person_id), "--amount", str(amount), "--reason", "cash", "--request-id", code]
            assert await asyncio.to_thread(cli.main, ["wallet", "credit", *order]) == ExitCode.DONE

    async def _review(self, person: Person, *, approve: bool) -> None:
        async with self._operator:
            sql = (
                "SELECT max(certificate_id) FROM profile.certificate JOIN gateway.conversation USING (person_id)"
                " JOIN gateway.alias USING (conversation_id) WHERE address = $1"
            )
            number = str(await self._connection.fetchval(sql, f"wa:{self.phones[person].address}"))
            until = (self._model.now + _GOOD_FOR).date().isoformat()
            order = ["approve", number, "--until", until] if approve else ["reject", number, "--reason", "unreadable"]
            assert await asyncio.to_thread(cli.main, ["insurance", *order]) == ExitCode.DONE

    async def _choose(self, person: Person, found: tuple[str, str, str]) -> None:
        kind, ident, title = found
        await self._send(person, text(ident) if kind == "typed" else tap(kind, ident, title))

    async def _send(self, person: Person, content: dict[str, Any]) -> None:
        """What the model expects no answer to is noted as silent, for the audit of the whole walk."""
        silent = len(person.heard) == self._compared[person]
        await self.phones[person].send(content, silent=silent)

    def _code_of(self, person: Person) -> str:
        """As the person's own phone has shown it first."""
        return next(found[0] for message in self._read(person) if (found := _CODE.search(message)))

    def _read(self, person: Person) -> list[str]:
        return [message.words for message in self.phones[person].received]

    async def heard(self, people: frozenset[Person]) -> None:
        """Wait for what these people are to be told, and compare it."""

        def there() -> bool:
            return all(len(self.phones[one].received) >= len(one.heard) for one in people)

        try:
            await self._deliveries.until(there, _PATIENCE_SECONDS)
        except TimeoutError:
            waiting = [self._waiting(one) for one in people if len(self.phones[one].received) < len(one.heard)]
            raise AssertionError(f"somebody waits: {waiting}") from None
        for person in people:
            self._compare(person)

    def _waiting(self, person: Person) -> str:
        received = self._read(person)
        wanted = [told.key for told in person.heard[len(received) :]]
        return f"{person.name} for {wanted}, after {received[-3:]}"

    def compare_everything(self) -> None:
        """When nothing is in flight: everybody has received what the model says, and nothing else."""
        for person in self.phones:
            self._compare(person)
            received = self._read(person)
            assert len(received) == len(person.heard), f"{person.name} was told more: {received[len(person.heard) :]}"

    def _compare(self, person: Person) -> None:
        received: list[Delivered] = self.phones[person].received
        for number in range(self._compared[person], len(person.heard)):
            wrong = words.wrong_with(person.heard[number], received[number].words)
            assert not wrong, f"{person.name}, message {number}: {wrong}"
        self._compared[person] = len(person.heard)
