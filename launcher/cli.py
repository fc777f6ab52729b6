"""Finds the command, reads its arguments and turns what goes wrong into one sentence and an exit code."""

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from chassis.settings import SettingsError
from launcher import environment
from launcher.failure import CommandError, ExitCode


@dataclass(frozen=True)
class Command:
    """What the overview says of a command, how it is used, and the module that does it."""

    summary: str
    example: str
    module: str


COMMANDS = {
    "up": Command("start everything on this machine", "hailwire up", "up"),
    "gateway": Command("serve webhooks and conversations", "GATEWAY_HTTP_PORT=8081 hailwire gateway", "service"),
    "profile": Command("serve people, numbers and languages", "hailwire profile", "service"),
    "trips": Command("serve presence, matching and trips", "hailwire trips", "service"),
    "metrics": Command("serve the numbers of all replicas and the live page", "hailwire metrics", "service"),
    "simulator": Command(
        "stand in for Meta and Twilio; development only",
        "HAILWIRE_ENV=development hailwire simulator --seed 7 --misbehave duplicate=0.1,delay=0.05:2",
        "simulator",
    ),
    "migrate": Command("bring the database up to date", "DATABASE_URL=postgresql://... hailwire migrate", "migrate"),
    "doctor": Command("check this machine, the settings and the database", "hailwire doctor", "doctor"),
    "dlq": Command("look at messages that failed for good, and replay them", "hailwire dlq list --limit 20", "dlq"),
    "limits": Command("look at a sender's rate limits, and reset them", "hailwire limits show +250788000001", "limits"),
    "audit": Command(
        "show who changed what about people, money and consent",
        "hailwire audit list --person 42 --since 7d",
        "audit",
    ),
    "analyze": Command(
        "show how the database answers a named statement; changes nothing",
        "hailwire analyze trips.get_trips --arguments '{1,2}'",
        "analyze",
    ),
    "erase": Command("erase everything about a person, and prove it", "hailwire erase --number +250788000001", "erase"),
    "explain": Command(
        "show who was looked at for a trip, and why each was asked or not", "hailwire explain 42", "explain"
    ),
    "noshows": Command("show who did not come to rides, and how often", "hailwire noshows --person 42", "noshows"),
    "flows": Command("print the conversation as a drawing", "hailwire flows --format mermaid", "flows"),
    "places": Command("bring places into the gazetteer, by name", "hailwire places load RW.txt", "places"),
    "wallet": Command(
        "bring money into wallets, look at them, and add everything up anew", "hailwire wallet check", "wallet"
    ),
    "insurance": Command(
        "look at certificates of insurance and claims, and decide",
        "hailwire insurance approve 7 --until 2027-03-31",
        "insurance",
    ),
    "loadtest": Command(
        "put a mesh under load and judge what arrived at the far end",
        "hailwire loadtest --rate 50 --duration 30",
        "loadtest",
    ),
    "rotate-keys": Command(
        "encrypt numbers anew with the first of NUMBER_KEYS, in small steps",
        "NUMBER_KEYS=k2:...,k1:... hailwire rotate-keys",
        "rotate_keys",
    ),
    "token": Command("mint a token for the REST API; development only", "hailwire token --sub 42", "token"),
}


def main(arguments: list[str]) -> int:
    """Run the command that the arguments name; the exit code."""
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        sys.stdout.write(overview())
        return ExitCode.DONE if arguments else ExitCode.USAGE
    name, *rest = arguments
    if name not in COMMANDS:
        meant = difflib.get_close_matches(name, COMMANDS, 1)
        guess = f"did you mean `hailwire {meant[0]}`?" if meant else f"it has {', '.join(COMMANDS)}."
        sys.stderr.write(f"hailwire has no command `{name}`; {guess}\n")
        return ExitCode.USAGE
    module = importlib.import_module(f"launcher.commands.{COMMANDS[name].module}")
    given = parser(name, module.configure).parse_args(rest)
    try:
        return int(module.run(given, environment.read(os.environ)))
    except CommandError as error:
        sys.stderr.write(f"hailwire {name}: {error}\n")
        return error.exit_code
    except SettingsError as error:
        lines = "".join(f"  {problem}\n" for problem in error.problems)
        sys.stderr.write(f"hailwire {name} needs other settings (see .env.example):\n{lines}")
        return ExitCode.USAGE
    except BrokenPipeError:  # `| head` has seen enough; nor may Python complain when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.FAILED


def parser(name: str, configure: Callable[[argparse.ArgumentParser], None]) -> argparse.ArgumentParser:
    """The parser of one command; its help ends with an example."""
    command = COMMANDS[name]
    made = argparse.ArgumentParser(
        prog=f"hailwire {name}",
        description=command.summary[0].upper() + command.summary[1:] + ".",
        epilog=f"example: {command.example}",
    )
    made.set_defaults(command=name)
    configure(made)
    return made


def overview() -> str:
    """What `hailwire --help` prints."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    closing = "`hailwire COMMAND --help` shows the options. Exit codes: 0 done, 1 failed, 2 wrong usage or settings.\n"
    return "\n".join(["usage: hailwire COMMAND [options]", "", *lines, "", closing])
