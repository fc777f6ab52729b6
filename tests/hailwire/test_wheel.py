"""What an internal client installs, and that it is enough."""

import asyncio
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from chassis.settings import load
from hailwire.client import open_channel
from hailwire.profile.v1 import profile_pb2, profile_pb2_grpc
from hailwire.trips.v1 import trips_pb2, trips_pb2_grpc
from services.profile import app as profile
from services.profile.settings import ProfileSettings
from services.trips import app as trips
from services.trips.settings import TripsSettings
from tests.hailwire import authority, venv
from tests.hailwire.venv import ROOT
from tests.profile.seals import KEYS

TOKEN = "a-token-of-the-support-desk"
CALLERS = f"gateway:another-token-of-16,support:{TOKEN}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return venv.build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def client_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel alone."""
    return venv.install(wheel, tmp_path_factory.mktemp("client") / "venv")


@pytest.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Both services behind TLS and a list of callers; where they are, and who signed them."""
    signed = authority.make(tmp_path / "authority", "profile", "trips")
    environ = {
        "DATABASE_URL": database_url,
        **KEYS,
        "GRPC_ALLOWED_CALLERS": CALLERS,
        **signed.environ,
        **{f"{name}_{kind}_PORT": "0" for name in ("PROFILE", "TRIPS") for kind in ("GRPC", "PROMETHEUS")},
    }
    async with (
        profile.open_service(load(ProfileSettings, environ)) as people,
        trips.open_service(load(TripsSettings, environ)) as rides,
    ):
        yield {
            "profile": f"127.0.0.1:{people.port}",
            "trips": f"127.0.0.1:{rides.port}",
            "ca": str(signed.ca),
        }


async def run(python: Path, example: str, *arguments: str) -> tuple[int, str, str]:
    """Run an example as somebody who has nothing of ours but the wheel.

    Again when its two seconds for a call were not enough for a machine that stood still: that changes nothing twice.
    """
    while True:
        process = await asyncio.create_subprocess_exec(
            python,
            "-I",
            ROOT / "examples" / example,
            *arguments,
            cwd="/",
            env={"PATH": os.defpath},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        if b"DEADLINE_EXCEEDED" not in errors:
            return process.returncode or 0, output.decode(), errors.decode()


def test_the_wheel_holds_the_contracts_and_nothing_else(wheel: Path) -> None:
    """Every contract and the client factory are in the wheel, and no file of any service."""
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "hailwire").rglob("*")
        if path.suffix in {".py", ".pyi"} or path.name == "py.typed"
    }
    assert packed == wanted


def test_the_licence(wheel: Path) -> None:
    """The wheel brings its licence, and no other file of the project as one."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["license-files"]
    assert declared == ["LICENSE"]
    with zipfile.ZipFile(wheel) as opened:
        assert [name.partition("/licenses/")[2] for name in opened.namelist() if "/licenses/" in name] == ["LICENSE"]


def test_the_wheel_needs_three_packages(client_python: Path) -> None:
    """An environment with the wheel and what it declares can import every contract, and holds nothing else."""
    assert venv.installed(client_python) == {
        "hailwire",
        "grpcio",
        "protobuf",
        "googleapis-common-protos",
        "typing_extensions",  # grpcio's own
    }
    modules = [
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
        for path in (ROOT / "hailwire").rglob("*.py")
        if path.name != "__init__.py"
    ]
    assert len(modules) >= 10
    subprocess.run([client_python, "-I", "-c", f"import {', '.join(modules)}"], cwd="/", check=True)


async def test_the_examples_run_with_the_wheel_alone(services: dict[str, str], client_python: Path) -> None:
    """Both examples work from the empty environment, over TLS and with a token, and a repeated change happens once."""
    known = ["--ca", services["ca"], "--token", TOKEN]
    await put_online(services, "+250730000001")
    code, output, error = await run(
        client_python,
        "nearby_drivers.py",
        "--trips",
        services["trips"],
        "--passenger",
        "4711",
        *known,
        "--",
        "-1.95",
        "30.06",
    )
    assert (code, error) == (0, "")
    assert output.splitlines()[-1] == "1 found"
    assert "0 m" in output
    change = ["+250788000001", "fr", "--ticket", "4711", "--profile", services["profile"], *known]
    first = await run(client_python, "change_language.py", *change)
    assert first[0] == 0, first[2]
    assert "reads fr" in first[1]
    assert await run(client_python, "change_language.py", *change) == first


async def test_an_example_says_why_it_is_refused(services: dict[str, str], client_python: Path) -> None:
    """The reason of the contract ends the example, not a stack of calls."""
    known = ["--ca", services["ca"], "--token", TOKEN]
    code, _, error = await run(
        client_python,
        "change_language.py",
        *["+250788000002", "xx", "--ticket", "1", "--profile", services["profile"], *known],
    )
    assert (code, error.strip()) == (1, "refused: LANGUAGE_UNKNOWN")


async def put_online(services: dict[str, str], number: str) -> None:
    """A driver on the map."""
    credentials = grpc.ssl_channel_credentials(Path(services["ca"]).read_bytes())
    async with open_channel(services["profile"], credentials=credentials, token=TOKEN) as channel:
        people: Any = profile_pb2_grpc.ProfileServiceStub(channel)
        request = profile_pb2.BatchResolvePeopleRequest()
        kind = profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER
        request.requests.add(identities=[profile_pb2.Identity(kind=kind, value=number)])
        person = (await people.BatchResolvePeople(request)).results[0].person
    async with open_channel(services["trips"], credentials=credentials, token=TOKEN) as channel:
        rides: Any = trips_pb2_grpc.TripsServiceStub(channel)
        update = trips_pb2.UpdatePresenceRequest(
            request_id="online",
            person_id=person.person_id,
            online=True,
            vehicle=trips_pb2.VEHICLE_MOTO,
            location=trips_pb2.Location(latitude=-1.95, longitude=30.06),
        )
        await rides.BatchUpdatePresences(trips_pb2.BatchUpdatePresencesRequest(requests=[update]))


async def test_grpcurl_finds_its_way_in_development(database_url: str) -> None:
    """With reflection grpcurl lists the services and calls one without any file of ours; in production it cannot."""
    ports = {"PROFILE_GRPC_PORT": "0", "PROFILE_PROMETHEUS_PORT": "0"}
    environ = {"DATABASE_URL": database_url, **ports}
    async with profile.open_service(load(ProfileSettings, {**environ, "HAILWIRE_ENV": "development"})) as server:
        address = f"127.0.0.1:{server.port}"
        listed = await grpcurl(address, "list")
        assert "hailwire.profile.v1.ProfileService" in listed.split()
        asked = json.dumps({"person_ids": [4711]})
        told = json.loads(await grpcurl("-d", asked, address, "hailwire.profile.v1.ProfileService/BatchGetPeople"))
        assert told["results"][0]["error"]["details"][0]["reason"] == "PERSON_NOT_FOUND"
    async with profile.open_service(load(ProfileSettings, {**environ, **KEYS})) as server:
        with pytest.raises(AssertionError, match="does not support the reflection API"):
            await grpcurl(f"127.0.0.1:{server.port}", "list")


async def grpcurl(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("grpcurl"),
        "-plaintext",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()
