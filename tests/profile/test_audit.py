"""The audit log through the front door: written with the change, once, append only, without anything personal."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import load
from hailwire.profile.v1 import audit_pb2, audit_pb2_grpc, profile_pb2_grpc
from hailwire.profile.v1 import profile_pb2 as pb
from services.profile import audit
from services.profile.app import open_service
from services.profile.audit import Entry
from services.profile.settings import ProfileSettings
from tests.chassis.polling import until_awaited
from tests.profile.calls import resolve, sms, update, updating, user, whatsapp
from tests.profile.seals import KEYS

NAME = "Amina Uwase"


@contextlib.asynccontextmanager
async def _service(database_url: str, **environ: str) -> AsyncIterator[tuple[Any, Any]]:
    ports = {"PROFILE_GRPC_PORT": "0", "PROFILE_PROMETHEUS_PORT": "0"}
    given = {"DATABASE_URL": database_url, **KEYS, **ports, **environ}
    async with (
        open_service(load(ProfileSettings, given)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        yield profile_pb2_grpc.ProfileServiceStub(channel), audit_pb2_grpc.AuditServiceStub(channel)


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[tuple[Any, Any]]:
    """People and the log of one replica."""
    async with _service(database_url) as both:
        yield both


async def _about(log: Any, person_id: int, **filters: Any) -> list[tuple[str, str, Any]]:
    """What the log says of somebody, oldest first."""
    page = await log.ListAuditEntries(audit_pb2.ListAuditEntriesRequest(person_id=person_id, **filters))
    return [(entry.action, entry.actor, json.loads(entry.detail)) for entry in reversed(page.entries)]


async def test_each_change_has_its_entry(service: Any) -> None:
    """Who was made, what they are known by, named and allow, in order; a language and a second look leave none."""
    people, log = service
    number, user_id = whatsapp(), user()
    person = await resolve(people, number)
    assert await resolve(people, number) == person
    await resolve(people, number, user_id, name=NAME)
    await resolve(people, number, user_id, name=NAME)
    await update(people, updating(person.person_id, language="fr"))
    await update(people, updating(person.person_id, opt_outs=[pb.CHANNEL_SMS]))
    await update(people, updating(person.person_id, opt_outs=[pb.CHANNEL_SMS]))
    await update(people, updating(person.person_id, opt_outs=[]), updating(person.person_id, language="tlh"))
    assert await _about(log, person.person_id) == [
        ("person.created", "system", {"identities": ["whatsapp_number"]}),
        ("identity.added", "system", {"identities": ["whatsapp_user"]}),
        ("name.changed", "system", {}),
        ("consent.withdrawn", "person", {"channels": ["sms"]}),
        ("consent.given", "person", {"channels": ["sms"]}),
    ]


async def test_merging_is_told_of_both(service: Any) -> None:
    """Both people have the merge in their log, and the survivor whose silence came with the other."""
    people, log = service
    number, user_id = whatsapp(), user()
    older, younger = await resolve(people, number), await resolve(people, user_id)
    await update(people, updating(younger.person_id, opt_outs=[pb.CHANNEL_WHATSAPP]))
    merged = await resolve(people, number, user_id)
    assert merged.person_id == older.person_id
    assert (await _about(log, younger.person_id))[2:] == [("person.merged", "system", {"into": older.person_id})]
    assert (await _about(log, older.person_id))[1:] == [
        ("person.merged", "system", {"former": younger.person_id}),
        ("identity.added", "system", {"identities": ["whatsapp_user"]}),
        ("consent.withdrawn", "system", {"channels": ["whatsapp"]}),
    ]


async def test_a_number_that_changes_hands(service: Any) -> None:
    """Who loses a number and who gets it each have an entry; so has a notice of another number."""
    people, log = service
    number = whatsapp()
    loser = await resolve(people, number, user())
    winner = await resolve(people, number, user())
    assert (await _about(log, loser.person_id))[1:] == [
        ("identity.removed", "system", {"identities": ["whatsapp_number"]})
    ]
    assert await _about(log, winner.person_id) == [
        ("person.created", "system", {"identities": ["whatsapp_number", "whatsapp_user"]})
    ]
    renaming = pb.UpdatePersonRequest(
        request_id=f"rename {winner.person_id}",
        person=pb.Person(person_id=winner.person_id, identities=[whatsapp()]),
        update_mask=FieldMask(paths=["identities"]),
        former_identities=[number],
    )
    for _ in range(2):
        await update(people, renaming)
    assert (await _about(log, winner.person_id))[1:] == [
        ("identity.added", "system", {"identities": ["whatsapp_number"]}),
        ("identity.removed", "system", {"identities": ["whatsapp_number", "whatsapp_user"]}),
    ]


async def test_the_entry_goes_the_way_of_its_change(service: Any, database_url: str) -> None:
    """A change whose entry cannot be written does not happen; once it can, a repeat does both, once."""
    people, log = service
    person = await resolve(people, whatsapp())
    asked = updating(person.person_id, opt_outs=[pb.CHANNEL_SMS])
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "ALTER TABLE profile.audit ADD CONSTRAINT broken CHECK (action <> 'consent.withdrawn') NOT VALID"
        )
        (failed,) = await update(people, asked)
        assert failed.HasField("error")
        assert await _about(log, person.person_id) == [
            ("person.created", "system", {"identities": ["whatsapp_number"]})
        ]
        opted = await connection.fetchval("SELECT opt_outs FROM profile.person WHERE person_id = $1", person.person_id)
        assert opted == []
    finally:
        await connection.execute("ALTER TABLE profile.audit DROP CONSTRAINT broken")
        await connection.close()
    for _ in range(2):
        (result,) = await update(people, asked)
        assert list(result.person.opt_outs) == [pb.CHANNEL_SMS]
    assert [action for action, _, _ in await _about(log, person.person_id)] == ["person.created", "consent.withdrawn"]


async def test_a_hundred_at_once(service: Any) -> None:
    """However many ask for the same new person at once, one entry says that they were made."""
    people, log = service
    number = sms()
    (person_id,) = {person.person_id for person in await asyncio.gather(*(resolve(people, number) for _ in range(100)))}
    assert [action for action, _, _ in await _about(log, person_id)] == ["person.created"]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE profile.audit SET actor = 'system'", "DELETE FROM profile.audit", "TRUNCATE profile.audit"],
)
async def test_it_is_only_added_to(service: Any, database_url: str, statement: str) -> None:
    """Nobody changes or takes out entries by a statement of their own."""
    await resolve(service[0], whatsapp())
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_nothing_personal_is_in_it(service: Any, database_url: str) -> None:
    """Numbers, user ids and names are nowhere in the table."""
    people, _ = service
    identities = whatsapp(), user(), sms()
    for identity in identities:
        await resolve(people, identity, name=NAME)
    await resolve(people, *identities[:2], name=NAME)
    connection = await asyncpg.connect(database_url)
    try:
        everything = await connection.fetchval("SELECT string_agg(audit::text, '') FROM profile.audit")
    finally:
        await connection.close()
    assert not [one for one in (*(identity.value for identity in identities), "Amina") if one.strip("+") in everything]


async def test_lists_by_person_action_and_time(service: Any) -> None:
    """Filters in any combination, newest first, by token, with the total; nonsense is refused."""
    people, log = service
    person = await resolve(people, whatsapp())
    for channels in ([pb.CHANNEL_SMS], [], [pb.CHANNEL_SMS], []):
        await update(people, updating(person.person_id, opt_outs=channels))
    asked = audit_pb2.ListAuditEntriesRequest(page_size=1, action="consent.given", with_total=True)
    asked.person_id = person.person_id
    first = await log.ListAuditEntries(asked)
    asked.page_token = first.next_page_token
    second = await log.ListAuditEntries(asked)
    assert (first.total_size, second.next_page_token) == (2, "")
    assert first.entries[0].audit_id > second.entries[0].audit_id
    since = first.entries[0].create_time
    assert [action for action, _, _ in await _about(log, person.person_id, created_from=since)] == ["consent.given"]
    before = await _about(log, person.person_id, created_before=since, action="consent.withdrawn")
    assert [action for action, _, _ in before] == ["consent.withdrawn", "consent.withdrawn"]
    newest = await log.ListAuditEntries(audit_pb2.ListAuditEntriesRequest(page_size=1))
    assert newest.entries[0].audit_id == first.entries[0].audit_id
    for wrong in ({"page_size": -1}, {"page_token": "mine"}, {"page": 0}, {"action": "a\0b"}):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await log.ListAuditEntries(audit_pb2.ListAuditEntriesRequest(**wrong))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_it_forgets_after_its_days(fresh_database_url: str) -> None:
    """Entries older than PROFILE_AUDIT_DAYS go, in steps, by the shifted clock; younger ones stay."""
    connection = await asyncpg.connect(fresh_database_url)
    try:
        await connection.execute(
            """
            INSERT INTO profile.audit (person_id, action, actor, detail, created_at)
            SELECT n, 'person.created', 'system', '{}', chassis.now() FROM generate_series(1, 2500) n;
            UPDATE chassis.clock SET shift = '30 days';
            INSERT INTO profile.audit (person_id, action, actor, detail) VALUES (7, 'consent.given', 'person', '{}')
            """
        )
        async with _service(fresh_database_url, PROFILE_AUDIT_DAYS="31") as (_, log):
            assert len((await log.ListAuditEntries(audit_pb2.ListAuditEntriesRequest(page_size=1000))).entries) == 1000
        await connection.execute("UPDATE chassis.clock SET shift = '32 days'")
        async with _service(fresh_database_url, PROFILE_AUDIT_DAYS="31"):

            async def left() -> bool:
                return bool(await connection.fetchval("SELECT count(*) FROM profile.audit") == 1)

            await until_awaited(left)
    finally:
        await connection.close()


@given(
    st.dictionaries(
        st.text(max_size=12), st.integers() | st.text(max_size=12) | st.lists(st.text(max_size=12)), max_size=3
    )
)
def test_an_entry_takes_words_and_whole_numbers(detail: Any) -> None:
    """Whatever somebody wrote or is called does not pass: each text in an accepted entry is a word of small letters."""
    try:
        entry = Entry("person.created", 1, audit.SYSTEM, detail)
    except ValueError:
        return
    texts = [
        text
        for name, value in entry.detail.items()
        for text in (name, *([value] if isinstance(value, str | int) else value))
    ]
    assert all(isinstance(text, int) or (text[0].islower() and text.isascii() and " " not in text) for text in texts)


@pytest.mark.parametrize("action", ["created", "Person.created", "person.", "person.created by Amina"])
def test_an_action_has_a_form(action: str) -> None:
    """An action that nobody could search for is a mistake of its author."""
    with pytest.raises(ValueError, match="not an action"):
        Entry(action, 1, audit.SYSTEM)


def test_an_operator_is_named() -> None:
    """Whatever a machine calls its user becomes an actor that can be stored."""
    assert audit.operator("Éve Root") == "operator:-ve-root"
    assert audit.operator("") == "operator:unknown"
    Entry("person.erased", 1, audit.operator("x" * 200))
