"""Lists the drivers near a place, as another team's service would ask for them; needs the hailwire wheel alone.

`python nearby_drivers.py --trips 127.0.0.1:50052 --passenger 7 -- -1.95 30.06`
"""

import argparse
import asyncio
from pathlib import Path

import grpc

from hailwire.client import open_channel
from hailwire.refusal import reason
from hailwire.trips.v1 import trips_pb2, trips_pb2_grpc


async def main(given: argparse.Namespace) -> None:
    """One search; several in one call cost hardly more."""
    authority = grpc.ssl_channel_credentials(given.ca.read_bytes()) if given.ca else None
    search = trips_pb2.SearchDriversRequest(
        vehicle=trips_pb2.Vehicle.Value(f"VEHICLE_{given.vehicle.upper()}"),
        pickup=trips_pb2.Location(latitude=given.latitude, longitude=given.longitude),
        limit=5,
        person_id=given.passenger,
    )
    async with open_channel(given.trips, credentials=authority, token=given.token) as channel:
        trips = trips_pb2_grpc.TripsServiceStub(channel)
        answer = await trips.BatchSearchDrivers(trips_pb2.BatchSearchDriversRequest(requests=[search]), timeout=2)
    (result,) = answer.results  # one for each request: found, or why not
    if result.HasField("error"):
        raise SystemExit(f"refused: {reason(result.error)}")
    for driver in result.found.drivers:
        print(f"driver {driver.person_id}: {driver.distance_meters:.0f} m, {driver.location_age_seconds:.0f} s ago")
    print(f"{len(result.found.drivers)} found")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("latitude", type=float)
    parser.add_argument("longitude", type=float)
    parser.add_argument("--vehicle", default="moto", choices=["moto", "cab", "lifan", "truck", "other"])
    parser.add_argument("--passenger", type=int, required=True, help="who asks: nobody is offered to themselves")
    parser.add_argument("--trips", default="127.0.0.1:50052", help="the trips service; dns:///trips:50052 in a cluster")
    parser.add_argument("--token", default="", help="ours in the service's GRPC_ALLOWED_CALLERS")
    parser.add_argument("--ca", type=Path, help="authority of the service's certificate (PEM); without it no TLS")
    asyncio.run(main(parser.parse_args()))
