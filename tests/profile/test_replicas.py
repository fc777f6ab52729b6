"""People at several replicas of the profile service: each answers from memory, and none what a write made stale."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.chassis import listening
from tests.chassis.polling import until_awaited
from tests.profile.calls import Open, get, resolve, sms, update, updating, user, whatsapp

_ROUNDS = 20


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator[Any]:
    """A connection that changes rows behind the service's back, telling nobody."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def remembers(stub: Any, sql: Any, person_id: int) -> None:
    """Until a name that was changed without a word does not show: from then on the person is in memory."""

    async def remembered() -> bool:
        before = (await get(stub, person_id))[0].person.name
        changed = "UPDATE profile.person SET name = gen_random_uuid()::text WHERE person_id = $1"
        await sql.execute(changed, person_id)
        return bool((await get(stub, person_id))[0].person.name == before)

    await until_awaited(remembered, seconds=60)


async def test_a_change_gets_around(open_profile: Open, sql: Any) -> None:
    """By id, by phone and by user id another replica shows what changed, long before any time is over; measured."""
    took = []
    async with open_profile() as left, open_profile() as right:
        number, user_id = whatsapp(), user()
        person = await resolve(left, number, user_id)
        await remembers(right, sql, person.person_id)
        for turn in range(_ROUNDS):
            for identity in (number, user_id):
                await resolve(right, identity)
            (changed,) = await update(left, updating(person.person_id, language=("fr", "en")[turn % 2]))

            async def seen(version: int = changed.person.version) -> bool:
                ways = [await resolve(right, number), await resolve(right, user_id)]
                ways.append((await get(right, person.person_id))[0].person)
                return [one.version for one in ways] == [version] * 3

            took.append(await listening.seconds_until(seen))
    listening.tell("a change of a person, until another replica shows it", took)


async def test_a_listener_that_lost_its_connection_remembers_nothing(open_profile: Open, sql: Any) -> None:
    """What changes while a replica cannot hear is not hidden by its memory, and afterwards it remembers again."""
    async with open_profile() as profile:
        number = sms()
        person = await resolve(profile, number)
        for turn in range(3):
            await remembers(profile, sql, person.person_id)
            await resolve(profile, number)
            await listening.cut(sql)
            language = ("fr", "en")[turn % 2]
            await sql.execute(
                "UPDATE profile.person SET language = $1 WHERE person_id = $2", language, person.person_id
            )

            async def true(wanted: str = language) -> bool:
                by_id = (await get(profile, person.person_id))[0].person.language
                return [by_id, (await resolve(profile, number)).language] == [wanted] * 2

            await until_awaited(true, seconds=60)


async def test_whose_a_number_is_has_a_time_of_its_own(open_profile: Open, sql: Any) -> None:
    """With CACHE_PHONE_LOOKUP_TTL=0 every number is looked up, while the person is remembered by id."""
    async with open_profile(CACHE_PHONE_LOOKUP_TTL="0") as profile:
        number = sms()
        person = await resolve(profile, number, name="Amina")
        await remembers(profile, sql, person.person_id)
        await sql.execute("UPDATE profile.person SET name = 'Keza' WHERE person_id = $1", person.person_id)
        assert (await resolve(profile, number)).name == "Keza"


@pytest.mark.parametrize("off", [{"CACHE_TTL_PROFILE": "0"}, {}])
async def test_without_a_cache_everything_is_still_right(
    off: dict[str, str], open_profile: Open, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing remembered, by our setting or aiocache's switch, every answer comes from the database."""
    if not off:
        monkeypatch.setenv("AIOCACHE_DISABLE", "1")
    async with open_profile(**off) as profile:
        number = sms()
        person = await resolve(profile, number)
        for name in ("one", "two", "three"):
            await sql.execute("UPDATE profile.person SET name = $1 WHERE person_id = $2", name, person.person_id)
            assert (await get(profile, person.person_id))[0].person.name == name
            assert (await resolve(profile, number)).name == name
