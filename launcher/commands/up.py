"""The whole mesh on one machine: embedded PostgreSQL, the services, the simulator, one log, one Ctrl-C."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping

from chassis.settings import load
from launcher import databases, embedded, plan, tether
from launcher.mesh import Mesh
from launcher.pretty import Pretty
from launcher.settings import UpSettings


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
    plan.make(environ, "")  # a taken port or a bad value is told before anything starts
    settings = load(UpSettings, environ)
    pretty = Pretty(colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)

    def say(service: str, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # whoever read our output may leave; the mesh stays
            print(pretty.line(service, line), flush=True)

    with contextlib.ExitStack() as stack:
        cluster = None
        database_url = settings.database_url
        if database_url is None:
            say("hailwire", f"starting PostgreSQL in {settings.folder}")
            cluster = stack.enter_context(embedded.cluster(settings.folder, settings.postgres_port))
            asyncio.run(databases.create(cluster.dsn("postgres"), "hailwire"))
            database_url = cluster.dsn("hailwire")
        direct_url = settings.database_direct_url or database_url
        with databases.explained(direct_url):
            applied = asyncio.run(databases.migrate(direct_url))
        say("hailwire", f"the database is up to date ({applied} migrations applied)")
        decided = plan.make(environ, database_url)

        def announce() -> None:
            print(_banner(decided, settings, cluster, time.monotonic() - began), flush=True)

        mesh = Mesh(
            decided,
            cluster,
            drain_seconds=settings.drain_seconds,
            follow_parent=arguments.follow_parent,
            say=say,
            announce=announce,
        )
        code = asyncio.run(mesh.serve())
    say("hailwire", "everything is stopped")
    return code


def _banner(decided: plan.Plan, settings: UpSettings, cluster: embedded.Cluster | None, seconds: float) -> str:
    ports = decided.ports
    gateway = f"http://127.0.0.1:{ports['GATEWAY_HTTP_PORT']}"
    pages = ", ".join(f"{name} :{ports[name.upper() + '_PROMETHEUS_PORT']}" for name in ("gateway", "profile", "trips"))
    rows = [
        ("webhooks", f"{gateway}/webhooks/whatsapp  {gateway}/webhooks/twilio"),
        ("REST API", f"{gateway}/docs"),
        ("gRPC", f"profile :{ports['PROFILE_GRPC_PORT']}, trips :{ports['TRIPS_GRPC_PORT']}"),
        ("Prometheus", f"/metrics of {pages}"),
    ]
    if decided.simulated:
        rows.insert(0, ("two phones", f"http://127.0.0.1:{ports['SIMULATOR_HTTP_PORT']}/"))
        rows.append(("simulated", " and ".join(decided.simulated)))
    if cluster is not None:
        rows.append(("database", f"{settings.folder / 'postgres'}, port {cluster.port} (password: file next to it)"))
    rows += [(name, value) for name, value in decided.development_secrets.items()]
    lines = "\n".join(f"  {name:<18} {value}" for name, value in rows)
    return f"\nHailwire is ready after {seconds:.1f} s. Ctrl-C drains and stops it.\n\n{lines}\n"
