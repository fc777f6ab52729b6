"""What a command says when it cannot go on: one sentence for a person and an exit code, never a traceback."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What scripts may rely on."""

    DONE = 0
    FAILED = 1  # a check, a target or the work itself
    USAGE = 2  # wrong arguments, settings or surroundings


class CommandError(Exception):
    """Something that the person at the keyboard can put right; the message says how."""

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code
