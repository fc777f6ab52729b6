"""The pretended providers in the foreground, as well or as badly behaved as wanted."""

import argparse
from collections.abc import Callable, Mapping

from launcher.arguments import positive, whole
from launcher.commands import service

_LARGEST_SEED = 2**63 - 1
# option -> the setting that it stands for
_SETTINGS = {
    "port": "SIMULATOR_HTTP_PORT",
    "seed": "SIMULATOR_SEED",
    "misbehave": "SIMULATOR_MISBEHAVE",
    "state": "SIMULATOR_STATE",
    "retry_scale": "SIMULATOR_RETRY_SCALE",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Each option is a setting of the same name; everything else comes from the environment."""
    service.configure(parser)
    parser.add_argument("--port", type=whole(0, 65535), help="where it listens (SIMULATOR_HTTP_PORT)")
    parser.add_argument(
        "--misbehave",
        type=_checked(),
        metavar="WHAT",
        help="all, or kind=probability[:value] separated by commas, such as duplicate=0.1,delay=0.05:2; "
        "what a kind is for: --kinds (SIMULATOR_MISBEHAVE)",
    )
    parser.add_argument(
        "--seed",
        type=whole(0, _LARGEST_SEED),
        help="the same seed misbehaves in the same way again (SIMULATOR_SEED)",
    )
    parser.add_argument("--state", metavar="FILE", help="survives kill -9 with what is kept here (SIMULATOR_STATE)")
    parser.add_argument(
        "--retry-scale",
        type=positive(100),
        metavar="FACTOR",
        help="what the waits between retries are multiplied by (SIMULATOR_RETRY_SCALE)",
    )
    parser.add_argument("--kinds", action="store_true", help="print every kind of misbehaviour, and end")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    if arguments.kinds:
        print(_table())
        return 0
    chosen = {name: getattr(arguments, option) for option, name in _SETTINGS.items()}
    given = {name: str(value) for name, value in chosen.items() if value is not None}
    return service.run(arguments, {**environ, **given})


def _checked() -> Callable[[str], str]:
    def misbehaviour(text: str) -> str:
        from simulator.kinds import NonsenseError
        from simulator.misbehaviour import parse

        try:
            parse(text, 0)
        except NonsenseError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return text

    return misbehaviour


def _table() -> str:
    from simulator.kinds import KINDS

    width = max(map(len, KINDS))
    lines = [f"{'kind':<{width}}  in all  what happens"]
    for kind in KINDS.values():
        parameters = ", ".join(
            parameter.name if parameter.default is None else f"{parameter.name} {parameter.default}"
            for parameter in kind.parameters
        )
        usual = f"{kind.usual:g}" if kind.usual else "-"
        lines.append(f"{kind.name:<{width}}  {usual:>6}  {kind.summary}" + (f" ({parameters})" if parameters else ""))
    return "\n".join(lines)
