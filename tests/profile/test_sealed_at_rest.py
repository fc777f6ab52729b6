"""No table of the profile service shows a number or a user id, and the keys that hide them can be changed."""

import asyncio
import base64
import io
import shutil
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from chassis.migrations import Room, discover, migrate
from chassis.settings import Secret, SettingsError
from hailwire.profile.v1 import numbers_pb2 as numbers
from hailwire.profile.v1 import numbers_pb2_grpc, profile_pb2_grpc
from hailwire.profile.v1 import profile_pb2 as pb
from launcher import cli
from launcher.credentials import DEVELOPMENT_SECRETS
from launcher.environment import ROOT
from services.profile import rotation
from services.profile.sealing import SealBroken, Sealer
from tests.profile.calls import Open, get, resolve, sms, update, updating, user, whatsapp
from tests.profile.conftest import OpenChannel
from tests.profile.numbers import check, start

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'profile' ORDER BY tablename"
ONE, TWO = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
HASH = base64.b64encode(bytes(range(32))).decode()
KEYS = {"NUMBER_HASH_KEY": HASH}


def told(value: str) -> list[bytes]:
    """How a number may be read off a dump: as it is, without its plus sign, as bytes in hexadecimal digits."""
    plain = value.removeprefix("+").encode()
    return [plain, plain.hex().encode()]


async def dump(database_url: str) -> dict[str, bytes]:
    """Everything that COPY says of the schema, as text and in its binary form."""
    connection = await asyncpg.connect(database_url)
    try:
        found = {}
        for row in await connection.fetch(TABLES):
            for form in ("text", "binary"):
                out = io.BytesIO()
                await connection.copy_from_table(row["tablename"], schema_name="profile", output=out, format=form)
                found[f"{row['tablename']} as {form}"] = out.getvalue()
        return found
    finally:
        await connection.close()


async def test_a_dump_tells_no_number(open_channel: OpenChannel, fresh_database_url: str, database_url: str) -> None:
    """People found, renamed, merged, refused and proved: neither what is kept of them nor of the answers shows one."""
    async with open_channel() as channel:
        stub: Any = profile_pb2_grpc.ProfileServiceStub(channel)
        proving: Any = numbers_pb2_grpc.NumbersServiceStub(channel)
        identities = [whatsapp(), user(), sms(), whatsapp(), user(), sms()]
        person = await resolve(stub, *identities[:2], name="Amina")
        await resolve(stub, identities[2])
        renaming = pb.UpdatePersonRequest(
            request_id=uuid.uuid4().hex,
            person=pb.Person(person_id=person.person_id, identities=identities[3:5]),
            update_mask=FieldMask(paths=["identities"]),
            former_identities=identities[:2],
        )
        (renamed,) = await update(stub, renaming)
        assert {one.value for one in renamed.person.identities} == {one.value for one in identities[3:5]}
        await update(stub, updating(person.person_id, language="xx"), updating(person.person_id, language="fr"))
        for owner, number in (
            (numbers.Owner(user="ann"), identities[2].value),
            (numbers.Owner(person_id=person.person_id), identities[5].value),
        ):
            await start(proving, owner, number)
            await check(proving, owner, number)
        await start(proving, numbers.Owner(user=identities[0].value), identities[0].value)
    found = await dump(database_url)
    assert {name.split()[0] for name in found} >= {"identity", "request", "user_number", "verification", "person"}
    assert sum(map(len, found.values())) > 2000
    for name, content in found.items():
        for identity in identities:
            assert not [one for one in told(identity.value) if one in content], name


def test_no_column_for_it() -> None:
    """The last word of the migrations on identities is a hash and a sealed value."""
    (final,) = (ROOT / "services" / "profile" / "migrations").glob("*_seal_identities.py")
    assert "DROP COLUMN value," in final.read_text(encoding="utf-8")


async def test_people_from_before_are_sealed(
    empty_database_url: str, tmp_path: Path, open_channel: OpenChannel
) -> None:
    """The migration encrypts who is there with the keys of the settings, and changes nothing without them."""
    chassis, profile = (room for room in discover(ROOT) if room.schema in {"chassis", "profile"})
    before = Room("profile", tmp_path)
    (last,) = profile.folder.glob("*_seal_identities.py")
    for path in sorted(profile.folder.glob("*.sql")):
        if path.name < last.name:
            shutil.copy(path, tmp_path)
    await migrate(empty_database_url, [chassis, before])
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute(
            "INSERT INTO profile.person (person_id, created_at, updated_at) VALUES (7, now(), now());"
            "INSERT INTO profile.identity (kind, value, person_id) VALUES (1, '+250788000001', 7), (2, 'RW.x', 7);"
            "INSERT INTO profile.request VALUES ('r', '', '+250788000001')"
        )
        shutil.copy(last, tmp_path)
        with pytest.raises(SettingsError, match="NUMBER_KEYS"):
            await migrate(empty_database_url, [chassis, before], {})
        assert await connection.fetchval("SELECT count(*) FROM profile.identity WHERE value LIKE '+%'") == 1
        await migrate(empty_database_url, [chassis, before], {**KEYS, "NUMBER_KEYS": f"k1:{ONE}"})
        assert await connection.fetchval("SELECT count(*) FROM profile.request") == 0
    finally:
        await connection.close()
    await migrate(empty_database_url, [chassis, profile])
    content = b"".join((await dump(empty_database_url)).values())
    assert not [one for one in told("+250788000001") if one in content]
    async with open_channel(DATABASE_URL=empty_database_url, NUMBER_KEYS=f"k1:{ONE}", **KEYS) as channel:
        stub: Any = profile_pb2_grpc.ProfileServiceStub(channel)
        (result,) = await get(stub, 7)
        assert [one.value for one in result.person.identities] == ["+250788000001", "RW.x"]
        assert (await resolve(stub, whatsapp("+250788000001"))).person_id == 7


async def test_keys_are_rotated_beside_the_running_service(
    fresh_database_url: str, open_profile: Open, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the new key in front everything reads on; after rotate-keys the old one may go."""
    monkeypatch.setattr(rotation, "STEP", 7)
    place = {"DATABASE_URL": fresh_database_url, **KEYS}
    known = [whatsapp() for _ in range(40)]
    request = None
    async with open_profile(**place, NUMBER_KEYS=f"k1:{ONE}") as stub:
        people = [await resolve(stub, identity) for identity in known]
        request = updating(people[0].person_id, language="fr")
        (first,) = await update(stub, request)
    # What is not sealed, as the wallets' answers, is left as it is.
    connection = await asyncpg.connect(fresh_database_url)
    await connection.execute("INSERT INTO profile.request VALUES ('plain', '', '\\x0a0b')")
    await connection.close()
    both = {**place, "NUMBER_KEYS": f"k2:{TWO},k1:{ONE}", "CACHE_TTL_PROFILE": "0", "CACHE_PHONE_LOOKUP_TTL": "0"}
    async with open_profile(**both) as stub:
        connection = await asyncpg.connect(fresh_database_url)
        steps = [
            step
            async for step in rotation.rotate(connection, Sealer.of(Secret(both["NUMBER_KEYS"]), Secret(HASH)), step=7)
        ]
        assert await connection.fetchval("SELECT outcome FROM profile.request WHERE request_id = 'plain'") == b"\n\x0b"
        await connection.close()
        # Between any two steps people are found; here after them, and those who are new as well.
        assert [(await resolve(stub, one)).person_id for one in known] == [one.person_id for one in people]
        known.append(whatsapp())
        people.append(await resolve(stub, known[-1]))
    assert [step.seen for step in steps if step.table == "identities"] == [7, 14, 21, 28, 35, 40]
    assert sum(step.sealed for step in steps if step.done) == 41
    for name, value in both.items():
        monkeypatch.setenv(name, value)
    assert await asyncio.to_thread(cli.main, ["rotate-keys"]) == 0
    assert "nothing left to do" in capsys.readouterr().out
    async with open_profile(**place, NUMBER_KEYS=f"k2:{TWO}") as stub:
        assert [(await resolve(stub, one)).person_id for one in known] == [one.person_id for one in people]
        assert await update(stub, request) == [first]


async def test_a_rotation_that_was_stopped_goes_on(fresh_database_url: str, open_profile: Open) -> None:
    """Whoever ends it half-way begins it again, and what is done is not done twice; reads work in between."""
    place = {"DATABASE_URL": fresh_database_url, **KEYS}
    known = [whatsapp() for _ in range(20)]
    async with open_profile(**place, NUMBER_KEYS=f"k1:{ONE}") as stub:
        for identity in known:
            await resolve(stub, identity)
    keys = f"k2:{TWO},k1:{ONE}"
    sealer = Sealer.of(Secret(keys), Secret(HASH))
    connection = await asyncpg.connect(fresh_database_url)
    try:
        begun = rotation.rotate(connection, sealer, step=6)
        assert (await anext(begun)).sealed == 6
        await begun.aclose()
        async with open_profile(**place, NUMBER_KEYS=keys) as stub:
            assert len({(await resolve(stub, one)).person_id for one in known}) == 20
        anew = [step.sealed async for step in rotation.rotate(connection, sealer, step=6) if step.done]
        assert sum(anew) == 14
        with pytest.raises(SealBroken):
            async for _ in rotation.rotate(connection, Sealer.of(Secret(f"k9:{ONE}"), Secret(HASH))):
                pass
    finally:
        await connection.close()


def test_rotation_refuses_what_it_must(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without keys, or with the public ones of development, outside development: exit code 2 and their names."""
    for name in ("NUMBER_KEYS", "NUMBER_HASH_KEY", "HAILWIRE_ENV"):
        monkeypatch.delenv(name, raising=False)
    assert cli.main(["rotate-keys"]) == 2
    assert "NUMBER_KEYS" in capsys.readouterr().err
    for name in ("NUMBER_KEYS", "NUMBER_HASH_KEY"):
        monkeypatch.setenv(name, DEVELOPMENT_SECRETS[name])
    assert cli.main(["rotate-keys"]) == 2
    assert "public development value" in capsys.readouterr().err
