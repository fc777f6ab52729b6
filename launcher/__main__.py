"""`python -m launcher`, which is what the `hailwire` command runs."""

import sys

from launcher.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
