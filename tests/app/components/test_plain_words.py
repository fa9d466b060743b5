"""Text of others in our pages: nothing in it is taken for Markdown, for a link least of all."""

from __future__ import annotations

import pytest

from app.markdown_text import JOINER, code, plain, with_commands


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("see https://example.com/a", f"https{JOINER}"),
        ("HTTP://EXAMPLE.COM", f"HTTP{JOINER}"),
        ("www.example.com", f"www{JOINER}"),
        ("mail anna@example.com", f"@{JOINER}"),
    ],
)
def test_what_markdown_takes_for_an_address_is_broken_up_unseen(text: str, broken: str) -> None:
    said = plain(text)
    assert broken in said
    assert said.replace("\\", "").replace(JOINER, "") == text


@pytest.mark.parametrize("text", ["P01_01@1000-2000", "wash the plate", "awww.so", "a@b", "12:30 on the clock"])
def test_names_of_clips_and_plain_narrations_stay_as_they_are(text: str) -> None:
    assert JOINER not in plain(text)
    assert plain(text).replace("\\", "") == text


@pytest.mark.parametrize("text", ["model", "a `b` [c](http://x)", "``", "two\nlines", " blank "])
def test_code_holds_whatever_is_in_it(text: str) -> None:
    said = code(text)
    fence = said[: len(said) - len(said.lstrip("`"))]
    assert said.endswith(fence)
    assert fence not in said[len(fence) : -len(fence)]


def test_commands_in_our_sentences_are_code_and_names_in_them_are_not_formatted() -> None:
    assert with_commands("Run `handpicked extract --only hands` for *P01*.") == (
        "Run `handpicked extract --only hands` for \\*P01\\*\\."
    )
    assert with_commands("A single ` stays one.") == plain("A single ` stays one.")
