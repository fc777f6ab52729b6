"""Insurance, for operators: look at certificates, claims and their documents, and decide."""

import argparse
import asyncio
import datetime
import getpass
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from chassis import errors
from chassis.settings import load
from launcher import databases
from launcher.arguments import LARGEST_ID, whole
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.profile.insurance.certificate import Certificate, CertificateState, RejectionReason
from services.profile.insurance.claim import Claim, ClaimState
from services.profile.insurance.operating import Operator, Paper, open_operator

_MOST = 1000

_STATES = {state.name.lower(): state for state in CertificateState}
_REASONS = {
    reason.name.lower().replace("_", "-"): reason for reason in RejectionReason if reason is not RejectionReason.NONE
}
_CLAIM_STATES = {state.name.lower().replace("_", "-"): state for state in ClaimState}
_CLAIM_STEPS = tuple(name for name, state in _CLAIM_STATES.items() if state is not ClaimState.SUBMITTED)

# What stands against an order, in words for whoever gave it.
_REFUSED = {
    "CERTIFICATE_DECIDED": "that certificate is decided already",
    "CERTIFICATE_NOT_FOUND": "there is no such certificate",
    "CLAIM_CLOSED": "that claim is decided already",
    "CLAIM_NOT_FOUND": "there is no such claim",
    "CLAIM_STEP_ILLEGAL": "a claim does not go back",
    "DOCUMENT_NOT_FOUND": "there is no such document",
    "EXPIRY_INVALID": "the last day must be today or later, and at most five years away",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """list, show, save, approve, reject, claims, claim and move."""
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|save|approve|reject|claims|claim|move"
    )
    listing = actions.add_parser(
        "list", help="certificates, those that wait for you first", epilog="example: hailwire insurance list"
    )
    listing.add_argument(
        "--state", choices=[*_STATES, "all"], default="submitted", help="which (default: %(default)s, oldest first)"
    )
    showing = actions.add_parser(
        "show", help="one certificate with its documents", epilog="example: hailwire insurance show 7"
    )
    saving = actions.add_parser(
        "save",
        help="write a document into a file; the audit log keeps that you did",
        epilog="example: hailwire insurance save 12 --to certificate.pdf",
    )
    saving.add_argument("--to", type=Path, required=True, metavar="FILE", help="must not exist yet")
    approving = actions.add_parser(
        "approve",
        help="take a certificate; its person is told",
        epilog="example: hailwire insurance approve 7 --until 2027-03-31",
    )
    approving.add_argument(
        "--until", type=_day, required=True, metavar="DAY", help="the last day on which it is good, as 2027-03-31"
    )
    rejecting = actions.add_parser(
        "reject",
        help="do not take a certificate, or no longer; its person is told why",
        epilog="example: hailwire insurance reject 7 --reason unreadable",
    )
    rejecting.add_argument("--reason", choices=list(_REASONS), required=True, help="what its person is told")
    claims = actions.add_parser("claims", help="claims", epilog="example: hailwire insurance claims --state in-review")
    claims.add_argument(
        "--state",
        choices=[*_CLAIM_STATES, "all"],
        default="submitted",
        help="which (default: %(default)s, oldest first)",
    )
    claim = actions.add_parser(
        "claim",
        help="one claim with what its person wrote and its documents",
        epilog="example: hailwire insurance claim 3",
    )
    moving = actions.add_parser(
        "move", help="move a claim on; its person is told", epilog="example: hailwire insurance move 3 accepted"
    )
    for one in (showing, saving, approving, rejecting, claim, moving):
        one.add_argument("id", type=whole(1, LARGEST_ID), metavar="ID", help="as the lists show it")
    moving.add_argument("state", choices=_CLAIM_STEPS, help="where to")
    for one in (listing, claims):
        one.add_argument(
            "--limit", type=whole(1, _MOST), default=50, help=f"how many, to {_MOST} (default: %(default)s)"
        )
    for one in (saving, approving, rejecting, moving):
        one.add_argument("--operator", default=_whoami(), help="who does it, for the audit log (default: %(default)s)")


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a day such as 2027-03-31") from error


def _whoami() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 1 when a decision is refused."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    try:
        with databases.explained(dsn):
            asyncio.run(_run(dsn, arguments, environ))
    except errors.Unavailable as error:
        raise CommandError(databases.out_of_reach(dsn, error.__cause__), ExitCode.FAILED) from error
    except (errors.InvalidArgument, errors.NotFound, errors.Refused) as error:
        raise CommandError(_REFUSED.get(error.reason, error.message), ExitCode.FAILED) from error
    except errors.Conflict as error:
        raise CommandError("its person was merged or erased at that moment: look again", ExitCode.FAILED) from error
    return ExitCode.DONE


async def _run(dsn: str, arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    async with open_operator(dsn, environ, getattr(arguments, "operator", "")) as operator:
        match arguments.action:
            case "list":
                found = await operator.certificates(_STATES.get(arguments.state), arguments.limit)
                _print([_certificate(one) for one in found], "no certificates")
            case "show":
                certificate, papers = await operator.certificate(arguments.id)
                print(_certificate(certificate), *map(_paper, papers), sep="\n")
            case "save":
                await _save(operator, arguments.id, arguments.to)
            case "approve":
                done = await operator.approve(arguments.id, arguments.until)
                print(f"approved: {_certificate(done)}")
            case "reject":
                done = await operator.reject(arguments.id, _REASONS[arguments.reason])
                print(f"rejected: {_certificate(done)}")
            case "claims":
                claims = await operator.claims(_CLAIM_STATES.get(arguments.state), arguments.limit)
                _print([_claim(one) for one in claims], "no claims")
            case "claim":
                claim, described, papers = await operator.claim(arguments.id)
                print(_claim(claim), _printable(described), *map(_paper, papers), sep="\n")
            case _:
                moved = await operator.move(arguments.id, _CLAIM_STATES[arguments.state])
                print(f"moved: {_claim(moved)}")


async def _save(operator: Operator, document_id: int, path: Path) -> None:
    """Nobody else of this machine reads it, and nothing that is there is overwritten."""
    parts = operator.content(document_id)
    first = await anext(parts)  # whoever asks for one that there is not leaves no empty file behind
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    with file:
        file.write(first)
        async for part in parts:
            file.write(part)
    print(f"document {document_id}: {path}")


def _print(lines: Sequence[str], otherwise: str) -> None:
    print(*(lines or [otherwise]), sep="\n")


def _certificate(one: Certificate) -> str:
    reason = f" ({one.reason.name.lower()})" if one.reason is not RejectionReason.NONE else ""
    until = f"  until {one.expires_at:%Y-%m-%d %H:%M} UTC" if one.expires_at is not None else ""
    told = f"{one.state.name.lower()}{reason}{until}"
    when = f"{one.submitted_at:%Y-%m-%d %H:%M}"
    return f"certificate {one.certificate_id}  person {one.person_id}  {when}  documents {one.document_count}  {told}"


def _claim(one: Claim) -> str:
    when = f"{one.submitted_at:%Y-%m-%d %H:%M}"
    state = one.state.name.lower().replace("_", "-")
    return f"claim {one.claim_id}  person {one.person_id}  {when}  documents {one.document_count}  {state}"


def _paper(one: Paper) -> str:
    return f"  document {one.document_id}  {one.mime_type}  {one.size} bytes"


def _printable(text: str) -> str:
    """Somebody's words without what a terminal would obey."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)
