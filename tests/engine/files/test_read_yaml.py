"""YAML that people edit is read, or refused with its line and in plain words, whatever it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.files.read_yaml import MAX_YAML_BYTES, UnreadableYamlError, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

INVALID_VALUES = [
    *("0x_", "0b_", "0o_", "+_", "0x", "1e_", "9" * 5000, "2020-13-99", "2020-02-30", "0000-01-01"),
    *("2001-12-14 21:59:43.10 -99:99", "9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00+23:00"),
    *("!!float x", "!!float {a: 1}", "!!int soon", "!!int []", "!!timestamp soon", "!!timestamp [1]", "!!bool x"),
    *("!!binary é", "!!set [a]", "!!omap [a]", "!!map x", "!!seq x", "!!pairs [a]", "!!python/object:os.system x"),
    *('"\\UFFFFFFFF"', '"\\ud800"', "[[a]: b]", "\0", "\ufffe", "\x85", "!<> b", "@", "*a", "&a b", "<<: [1]"),
]
GLUE = [
    "a: ",
    "- ",
    "\n",
    "  ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ": ",
    "? ",
    "#",
    "'",
    '"',
    "|\n",
    "%YAML 1.1\n",
    "---\n",
    "é",
]
SOURCES = st.lists(st.sampled_from(INVALID_VALUES + GLUE), max_size=8).map("".join) | st.text()

PYTHONS_WORDS = re.compile(
    r"codec|base 10|base 16|convert|argument|object at|Node\(|Error\b|month must|day is out|ordinal"
)
"""What Python and ruamel say to programmers."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "jobs.yaml"


def refusal(file: Path, text: str) -> UnreadableYamlError:
    file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    with pytest.raises(UnreadableYamlError) as caught:
        read_yaml(file)
    return caught.value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0x_", "'0x_' can't be read as a whole number; write it in quotes if it is meant as text"),
        ("2020-13-99", "'2020-13-99' can't be read as a date; write it in quotes if it is meant as text"),
        ("!!float x", "'x' can't be read as a number; write it in quotes if it is meant as text"),
        ("9" * 5000, f"'{'9' * 40}…' can't be read as a whole number; write it in quotes if it is meant as text"),
        ("!!bool x", "'x' can't be read as true or false; write it in quotes if it is meant as text"),
        ("!!timestamp [1]", "this can't be read as a date"),
        ("!!int []", "this can't be read as a whole number"),
        ('"\\UFFFFFFFF"', "not valid YAML: there is no such letter or word"),
        ("\0", "not valid YAML: the character U+0000 may not stand in it"),
    ],
)
def test_a_value_that_fits_no_kind_is_refused_with_its_line_and_in_plain_words(
    file: Path, value: str, said: str
) -> None:
    error = refusal(file, f"first: 1\nsecond:\n  - 2\n  - third: {value}\n")
    assert (error.line, error.message) == (4, said)


def outcome(file: Path) -> UnreadableYamlError | None:
    """Why a file is refused; None where it is read. Nothing else comes out of the reader."""
    try:
        read_yaml(file)
    except UnreadableYamlError as error:
        return error
    return None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@example(text="a: \n%YAML 3.9\n---\n")
@given(text=SOURCES)
def test_any_text_is_read_or_refused_with_its_line(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    error = outcome(file)
    if error is not None and "no text in UTF-8" not in error.message:
        assert (error.line or 0) in range(1, len(text.splitlines()) + 3)
        assert not PYTHONS_WORDS.search(error.message.replace(text, ""))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    error = outcome(file)
    assert error is None or error.message


def test_a_file_beyond_the_limit_is_not_read(file: Path) -> None:
    assert refusal(file, "#" * (MAX_YAML_BYTES + 1)).line is None
