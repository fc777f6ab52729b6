"""One service in the foreground, as a container runs it."""

import argparse
import importlib
from collections.abc import Mapping

from launcher.catalogue import PACKAGES


def configure(parser: argparse.ArgumentParser) -> None:
    """A service has no options: it reads its settings from the environment."""
    parser.description = f"{parser.description} Settings come from the environment; .env.example lists them all."


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or Ctrl-C, then drain."""
    from chassis import process

    app = importlib.import_module(f"{PACKAGES[arguments.command]}.app")
    return process.run(app.main, environ)
