"""Places out of a file: a CSV with a header, or a GeoNames table as it is downloaded. One line at a time.

A CSV names its columns: name, latitude (or lat), longitude (or lon, lng), and if there are any names (other names, with
semicolons or bars between) and id. GeoNames tables have 19 columns with tabs between and no header
(download.geonames.org/export/dump).
"""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from chassis.records import record
from services.profile.places.place import clean_name, folded

LONGEST_NAME = 100
# Beyond these a place is known by nobody; some in GeoNames have hundreds, in as many scripts.
_MOST_NAMES = 30

_GEONAMES_COLUMNS = 19
_GEONAMES_ID, _GEONAMES_NAME, _GEONAMES_ASCII, _GEONAMES_OTHERS, _GEONAMES_LATITUDE, _GEONAMES_LONGITUDE = range(6)

_COLUMNS = {
    "name": "name",
    "latitude": "latitude",
    "lat": "latitude",
    "longitude": "longitude",
    "lon": "longitude",
    "lng": "longitude",
    "names": "names",
    "alternatenames": "names",
    "id": "id",
    "geonameid": "id",
}
_NEEDED = ("name", "latitude", "longitude")


class FileUnreadable(Exception):
    """None of the formats above; the message says why."""


class _LineWrong(Exception):
    """The message says why."""


@record
class Line:
    """A place: its key in the file, its name, where it is, and all that it is called, folded."""

    key: str
    name: str
    latitude: float
    longitude: float
    names: tuple[str, ...]


@record
class BadLine:
    """A line that is no place, by its number from 1, and why."""

    number: int
    why: str


def read(lines: Iterable[str]) -> Iterator[Line | BadLine]:
    """Every line that is not empty; raises FileUnreadable. The lines are decoded with `surrogateescape`."""
    rest = iter(lines)
    first = next(rest, "")
    fields = first.rstrip("\r\n").split("\t")
    if len(fields) == _GEONAMES_COLUMNS and fields[_GEONAMES_ID].isdecimal():
        yield from _each(csv.reader(_again(first, rest), delimiter="\t", quoting=csv.QUOTE_NONE), _geonames, 0)
        return
    delimiter = max(",;\t", key=first.count)
    header = [title.strip().lower() for title in next(csv.reader([first], delimiter=delimiter), [])]
    columns: dict[str, int] = {}
    for position, title in enumerate(header):
        if title in _COLUMNS:
            columns.setdefault(_COLUMNS[title], position)
    missing = [title for title in _NEEDED if title not in columns]
    if missing:
        raise FileUnreadable(
            f"the first line must name the columns, and {' and '.join(missing)} is not among them; "
            "or give a GeoNames table"
        )
    yield from _each(csv.reader(rest, delimiter=delimiter), lambda row: _named(row, columns), 1)


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _each(rows: Iterator[list[str]], place: Callable[[Sequence[str]], Line], before: int) -> Iterator[Line | BadLine]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadLine(_number(rows) + before, str(error))
            continue
        if not any(field.strip() for field in row):
            continue
        try:
            yield place(row)
        except _LineWrong as error:
            yield BadLine(_number(rows) + before, str(error))


def _number(rows: object) -> int:
    number: int = getattr(rows, "line_num", 0)
    return number


def _geonames(row: Sequence[str]) -> Line:
    if len(row) != _GEONAMES_COLUMNS:
        raise _LineWrong(f"{len(row)} columns instead of {_GEONAMES_COLUMNS}")
    return _line(
        row[_GEONAMES_ID],
        row[_GEONAMES_NAME],
        row[_GEONAMES_LATITUDE],
        row[_GEONAMES_LONGITUDE],
        [row[_GEONAMES_ASCII], *row[_GEONAMES_OTHERS].split(",")],
    )


def _named(row: Sequence[str], columns: dict[str, int]) -> Line:
    fields = {title: row[position] if position < len(row) else "" for title, position in columns.items()}
    others = fields.get("names", "").replace("|", ";").split(";")
    return _line(fields.get("id", ""), fields["name"], fields["latitude"], fields["longitude"], others)


def _line(key: str, title: str, latitude: str, longitude: str, others: Sequence[str]) -> Line:
    if any("\ud800" <= letter <= "\udfff" for letter in title):
        raise _LineWrong("the name is not UTF-8")
    name = clean_name(title)
    if not folded(name):
        raise _LineWrong("there is no name")
    if len(name) > LONGEST_NAME:
        raise _LineWrong(f"the name has more than {LONGEST_NAME} characters")
    names = dict.fromkeys(
        known for other in (name, *others) if 0 < len(known := folded(clean_name(other))) <= LONGEST_NAME
    )
    kept = clean_name(key) or folded(name)
    if len(kept) > LONGEST_NAME:
        raise _LineWrong(f"the id has more than {LONGEST_NAME} characters")
    if not names:  # a name that grows when it is folded
        raise _LineWrong(f"the name has more than {LONGEST_NAME} characters")
    return Line(
        kept,
        name,
        _degrees(latitude, "latitude", 90),
        _degrees(longitude, "longitude", 180),
        tuple(names)[:_MOST_NAMES],
    )


def _degrees(text: str, what: str, most: int) -> float:
    try:
        degrees = float(text)
    except ValueError:
        degrees = math.nan
    if not abs(degrees) <= most:  # also refuses NaN
        raise _LineWrong(f"the {what} is not a number from -{most} to {most}")
    return degrees
