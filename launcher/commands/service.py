"""One service in the foreground, as a container runs it."""

import argparse
import importlib
import sys
from collections.abc import Mapping

from chassis import garbage
from chassis.settings import load
from launcher.catalogue import PACKAGES
from launcher.pretty import Readable
from launcher.settings import LogSettings
from launcher.speaking import is_text, pretty_for


def configure(parser: argparse.ArgumentParser) -> None:
    """A service has no options: it reads its settings from the environment."""
    parser.description = f"{parser.description} Settings come from the environment; .env.example lists them all."


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or Ctrl-C, then drain."""
    garbage.look_seldom()
    from chassis import process

    if is_text(sys.stdout, load(LogSettings, environ).log_format):
        # Standard output is where every service writes its log (chassis/logs.py).
        sys.stdout = Readable(arguments.command, sys.stdout, pretty_for(sys.stdout, environ))
    app = importlib.import_module(f"{PACKAGES[arguments.command]}.app")
    return process.run(app.main, environ)
