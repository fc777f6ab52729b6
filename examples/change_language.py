"""Changes the language of a person found by number, as a support desk would; run it twice: the change happens once.

`python change_language.py --profile 127.0.0.1:50051 +250788000001 fr --ticket 4711`
"""

import argparse
import asyncio
from pathlib import Path

import grpc

from hailwire.client import open_channel
from hailwire.profile.v1 import profile_pb2, profile_pb2_grpc
from hailwire.refusal import reason


async def main(given: argparse.Namespace) -> None:
    """Find, then change under a request id of our own, so that a repeat of ours finds the first outcome."""
    authority = grpc.ssl_channel_credentials(given.ca.read_bytes()) if given.ca else None
    number = profile_pb2.Identity(kind=profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER, value=given.number)
    async with open_channel(given.profile, credentials=authority, token=given.token) as channel:
        people = profile_pb2_grpc.ProfileServiceStub(channel)
        asked = profile_pb2.BatchResolvePeopleRequest(requests=[profile_pb2.ResolvePersonRequest(identities=[number])])
        person = value((await people.BatchResolvePeople(asked, timeout=2)).results[0])
        change = profile_pb2.UpdatePersonRequest(request_id=f"support-{given.ticket}")
        change.person.person_id, change.person.language = person.person_id, given.language
        change.update_mask.paths.append("language")
        wanted = profile_pb2.BatchUpdatePeopleRequest(requests=[change])
        changed = value((await people.BatchUpdatePeople(wanted, timeout=2)).results[0])
    print(f"person {changed.person_id} reads {changed.language}, version {changed.version}")


def value(result: profile_pb2.PersonResult) -> profile_pb2.Person:
    """The person, or the end of this program with the reason."""
    if result.HasField("error"):
        raise SystemExit(f"refused: {reason(result.error)}")
    return result.person


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", help="as WhatsApp knows it, with +")
    parser.add_argument("language", help="en, fr, rw or sw")
    parser.add_argument("--ticket", required=True, help="what this change is part of; makes it one change")
    parser.add_argument("--profile", default="127.0.0.1:50051", help="the profile service; dns:///profile:50051")
    parser.add_argument("--token", default="", help="ours in the service's GRPC_ALLOWED_CALLERS")
    parser.add_argument("--ca", type=Path, help="authority of the service's certificate (PEM); without it no TLS")
    asyncio.run(main(parser.parse_args()))
