"""Whoever does not answer is left alone for a while, and asked again by one, not by all."""

from chassis.breaker import Breaker


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_three_failures_in_a_row() -> None:
    """It opens at the third; a success in between begins anew."""
    breaker = Breaker(Clock())
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(3):
        assert breaker.may()
        breaker.failed()
    assert breaker.open
    assert not breaker.may()


def test_one_tries_and_the_pauses_grow() -> None:
    """After each pause one may ask; while it fails the pauses are 1, 2, 4, 8, 10 and 10 seconds."""
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(3):
        breaker.failed()
    for pause in (1, 2, 4, 8, 10, 10):
        clock.now += pause - 0.01
        assert not breaker.may()
        clock.now += 0.02
        assert [breaker.may(), breaker.may()] == [True, False]
        breaker.failed()
    clock.now += 10.01
    assert breaker.may()
    breaker.succeeded()
    assert breaker.may()
    assert not breaker.open


def test_a_crowd_that_fails_together_is_one_failure() -> None:
    """Questions that were on their way when it opened do not lengthen the pause."""
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(64):
        breaker.failed()
    clock.now = 1.01
    assert breaker.may()


def test_who_tries_and_never_says_keeps_nobody_out() -> None:
    """When the one that may ask gives up without a word, another may after the same pause."""
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(3):
        breaker.failed()
    clock.now = 1.01
    assert breaker.may()
    clock.now = 2.02
    assert breaker.may()
