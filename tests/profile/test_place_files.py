"""Places out of files: CSV with a header, and GeoNames tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile.places.reading import BadLine, FileUnreadable, Line, read

GEONAMES = (
    "202061\tKigali\tKigali\tKGL,Kigal\u00ed,\u041a\u0438\u0433\u0430\u043b\u0438,Umujyi wa Kigali\t"
    "-1.94995\t30.05885\tP\tPPLC\tRW\t\t12\t\t\t\t745261\t\t1568\tAfrica/Kigali\t2023-01-01\n"
)


def test_geonames() -> None:
    """Nineteen columns without a header: id, name, other names, latitude and longitude are taken."""
    (line,) = read([GEONAMES])
    assert isinstance(line, Line)
    assert (line.key, line.name, line.latitude, line.longitude) == ("202061", "Kigali", -1.94995, 30.05885)
    assert {"kigali", "kgl", "umujyi wa kigali"} <= set(line.names)
    assert len(line.names) == len(set(line.names))


@pytest.mark.parametrize(
    "lines",
    [
        ["name,latitude,longitude,names\n", '"Chez Amina, bar",-1.95,30.06,amina;chez amina\n'],
        ["LON;lat;Name;names\n", "30.06;-1.95;Chez Amina, bar;amina|chez amina\n"],
        ["id\tname\tlat\tlng\talternatenames\n", "\tChez Amina, bar\t-1.95\t30.06\tamina;chez amina\n"],
    ],
)
def test_csv(lines: list[str]) -> None:
    """Columns in any order under their usual names; commas, semicolons or tabs between them."""
    (line,) = read(lines)
    assert line == Line("chez amina bar", "Chez Amina, bar", -1.95, 30.06, ("chez amina bar", "amina", "chez amina"))


def test_bad_lines_are_told_and_spoil_no_other() -> None:
    """Each with its number in the file and what is wrong with it; empty lines are nothing."""
    lines = [
        "name,latitude,longitude\n",
        "Here,-1.95,30.06\n",
        ",-1.95,30.06\n",
        "\n",
        "There,91,30\n",
        "There,-1.95,\n",
        "There,nan,30\n",
        f"{'x' * 101},1,2\n",
        "Bar \udcff,1,2\n",
        "There,-1.96,30.07\n",
    ]
    found = list(read(lines))
    assert [line.name for line in found if isinstance(line, Line)] == ["Here", "There"]
    bad = [(line.number, line.why) for line in found if isinstance(line, BadLine)]
    assert [number for number, _ in bad] == [3, 5, 6, 7, 8, 9]
    assert bad[0][1] == "there is no name"
    assert "latitude" in bad[1][1]
    assert "longitude" in bad[2][1]
    assert "UTF-8" in bad[5][1]


def test_a_geonames_line_that_is_cut_off() -> None:
    """It is told with its number, and the next one is read."""
    cut, whole = list(read([GEONAMES, "1\tcut off\n", GEONAMES]))[1:]
    assert isinstance(cut, BadLine)
    assert (cut.number, cut.why) == (2, "2 columns instead of 19")
    assert isinstance(whole, Line)


@pytest.mark.parametrize("lines", [[], ["Kigali\n"], ["name;latitude\n", "a;1\n"]])
def test_files_that_are_none(lines: list[str]) -> None:
    """A file without the columns that are needed is refused before anything is written."""
    with pytest.raises(FileUnreadable, match="first line must name the columns"):
        list(read(lines))


@given(st.lists(st.text(max_size=60), max_size=10))
def test_whatever_the_file_holds_every_line_is_a_place_or_a_bad_one(lines: list[str]) -> None:
    """No text is an error of the reader, and what it takes for a place can be stored."""
    for line in read(["name,latitude,longitude,names\n", *lines]):
        if isinstance(line, Line):
            assert 0 < len(line.name) <= 100
            assert 0 < len(line.key) <= 100
            assert 0 < len(line.names) <= 30
            assert all(0 < len(name) <= 100 and "\0" not in name for name in (line.name, *line.names))
