"""What a caller can get wrong about a list; each is an InvalidArgument with a reason of its own."""

from chassis import errors


class ColumnUnknown(errors.InvalidArgument):
    """There is no such column, or nothing may be asked about it."""

    reason = "COLUMN_UNKNOWN"


class ValueInvalid(errors.InvalidArgument):
    """The value is not one that the column can hold, or no pattern."""

    reason = "VALUE_INVALID"


class PageInvalid(errors.InvalidArgument):
    """Pages are counted from 1, and those far away are reached by their token alone."""

    reason = "PAGE_INVALID"


class PageSizeInvalid(errors.InvalidArgument):
    """A page holds at least one row and at most as many as are served at once."""

    reason = "PAGE_SIZE_INVALID"


class PageTokenInvalid(errors.InvalidArgument):
    """Not a token of ours, or one of another list."""

    reason = "PAGE_TOKEN_INVALID"


class NotSingle(errors.InvalidArgument):
    """One row was asked for and there are several."""

    reason = "NOT_SINGLE"


class FiltersNotServed(errors.InvalidArgument):
    """A combination of filters that no index answers."""

    reason = "FILTERS_NOT_SERVED"
