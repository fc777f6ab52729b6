"""Prints the conversation as it is declared: which question leads where."""

import argparse
from collections.abc import Mapping

from launcher.failure import ExitCode
from services.gateway.conversations.flows import FLOWS
from services.gateway.conversations.flows.drawing import mermaid


def configure(parser: argparse.ArgumentParser) -> None:
    """One format so far."""
    parser.add_argument(
        "--format", choices=("mermaid",), default="mermaid", help="a Mermaid flowchart (default: %(default)s)"
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:  # noqa: ARG001 - as every command
    """Needs no database and no settings."""
    print(mermaid(FLOWS), end="")
    return ExitCode.DONE
