"""How one run of the peer is set up; benchmarks/contender.py writes it into the environment."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class PeerSettings:
    """`turns`: answer each message in its transaction; otherwise only store it. `graph_url`: send the reply there."""

    database_url: str
    app_secret: str
    turns: bool
    graph_url: str
    phone_number_id: str


def load() -> PeerSettings:
    """From the environment of this process."""
    return PeerSettings(
        database_url=os.environ["DATABASE_URL"],
        app_secret=os.environ["WA_APP_SECRET"],
        turns=os.environ["PEER_TURNS"] == "yes",
        graph_url=os.environ.get("PEER_GRAPH_URL", ""),
        phone_number_id=os.environ["WA_PHONE_NUMBER_ID"],
    )
