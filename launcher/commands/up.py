"""The whole mesh on one machine: embedded PostgreSQL, the services, the simulator, one log, one Ctrl-C."""

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Mapping

from chassis.settings import load
from launcher import databases, embedded, home, plan, tether
from launcher.banner import Banner
from launcher.mesh import Mesh
from launcher.patience import waiting_for
from launcher.settings import UpSettings
from launcher.speaking import Voice


def configure(parser: argparse.ArgumentParser) -> None:
    """Settings come from the environment; the only option is for make."""
    parser.add_argument(
        "--follow-parent", action="store_true", help="drain when the process that started this one ends (Linux)"
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Return when everything is stopped."""
    if arguments.follow_parent:
        tether.follow_parent(signal.SIGTERM)
    began = time.monotonic()
    settings = load(UpSettings, environ)
    if settings.database_url is None:
        home.check(settings.folder)  # a second start is told that, not which ports the first one has
    checked = plan.make(environ, "")  # a taken port or a bad value is told before anything starts
    voice = Voice(sys.stdout, environ, log_format=settings.log_format)

    with contextlib.ExitStack() as stack:
        cluster = None
        database_url = settings.database_url
        if database_url is None:
            voice.tell(f"starting PostgreSQL in {settings.folder}")
            with waiting_for("PostgreSQL", voice.tell):
                cluster = stack.enter_context(embedded.cluster(settings.folder, settings.postgres_port))
            asyncio.run(databases.create(cluster.dsn("postgres"), "hailwire"))
            database_url = cluster.dsn("hailwire")
        direct_url = settings.database_direct_url or database_url
        with databases.explained(direct_url, voice.tell):
            applied = asyncio.run(databases.migrate(direct_url, checked.environ))
        voice.tell(f"the database is up to date ({applied} migrations applied)")
        decided = plan.make(environ, database_url)
        kept = (
            f"{cluster.place}, port {cluster.port} (password: file in it)" if cluster else databases.place(direct_url)
        )

        def announce() -> None:
            banner = Banner(decided, kept, time.monotonic() - began)
            voice.show(banner.text, banner.headline, **banner.places())

        mesh = Mesh(
            decided,
            cluster,
            drain_seconds=settings.drain_seconds,
            follow_parent=arguments.follow_parent,
            say=voice.say,
            announce=announce,
        )
        code = asyncio.run(mesh.serve())
    voice.tell("everything is stopped")
    return code
