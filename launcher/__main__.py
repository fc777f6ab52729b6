"""`python -m launcher`, which is what the `hailwire` command runs; says what to do when this Python cannot run it.

Every Python 3 that is still around must be able to read this file.
"""

import sys

_OURS = {"chassis", "hailwire", "launcher", "loadtest", "services", "simulator"}


def _run() -> int:
    try:
        from launcher.cli import main

        return main(sys.argv[1:])
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in _OURS:
            raise
        advice = "run `make setup`, then use .venv/bin/hailwire"
        sys.stderr.write(f"hailwire: {error.name} is not installed for {sys.executable}: {advice}\n")
        return 2


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - it may be started by hand with whatever Python is there
        found = ".".join(map(str, sys.version_info[:2]))
        sys.stderr.write(f"hailwire needs Python 3.11 or newer, and {sys.executable} is {found}: run `make setup`\n")
        sys.exit(2)
    sys.exit(_run())
