"""Numbers on the command line with bounds, so that a nonsensical one is a sentence and exit code 2."""

import argparse
from collections.abc import Callable

LARGEST_ID = 2**63 - 1  # of a bigint


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    """An argparse type: a whole number within both bounds."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = minimum - 1
        if not minimum <= value <= maximum:
            raise argparse.ArgumentTypeError(f"must be a whole number from {minimum} to {maximum}")
        return value

    return parse


def positive(maximum: float) -> Callable[[str], float]:
    """An argparse type: a number above zero and at most `maximum`; "nan" is none."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value <= maximum:
            raise argparse.ArgumentTypeError(f"must be a number above 0 and at most {maximum:g}")
        return value

    return parse
