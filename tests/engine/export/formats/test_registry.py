"""Formats are known by name without their libraries; one of a package that does not load is named."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Literal

import pytest
from pydantic import Field

from engine.errors import ExportError
from engine.export.formats.base import ExportOptions
from engine.export.formats.options import as_option, literal_values, option_words, options_of
from engine.export.formats.registry import EXPORT_FORMATS, exporter_with
from tests.app.export_package import Seconds, install

if TYPE_CHECKING:
    from pathlib import Path


def test_every_built_in_format_loads_alike_and_light() -> None:
    heavy = ("av", "cv2", "torch", "pandas", "opentimelineio", "huggingface_hub")
    script = (
        "import sys\nfrom engine.export.formats.registry import EXPORT_FORMATS\n"
        "found, errors = EXPORT_FORMATS.all()\nassert found and not errors, errors\n"
        "for one in found:\n    one.Options()\n    assert one.description.endswith('.'), one\n"
        f"print([name for name in {heavy} if name in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"


def test_every_option_of_a_built_in_format_can_be_said_and_written() -> None:
    for one in EXPORT_FORMATS.all()[0]:
        for name, info in options_of(one.Options).items():
            assert info.description, f"{one.name}: {name}"
            assert option_words(info), f"{one.name}: {name}"
            assert "e+" not in option_words(info), f"{one.name}: {name} has a limit that nobody writes like this"


def test_a_packages_format_is_known_and_one_that_does_not_load_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert EXPORT_FORMATS.names()[-3:] == ["broken", "seconds", "waits"]
    assert EXPORT_FORMATS.get("seconds") is Seconds
    found, errors = EXPORT_FORMATS.all()
    assert {"hf", "seconds", "waits"} <= {one.name for one in found}
    assert len(errors) == 1
    with pytest.raises(ExportError, match=r"'broken' of tests\.app\.export_package:No does not load"):
        EXPORT_FORMATS.get("broken")
    assert exporter_with("seconds", {"unit": "ms"}).options.unit == "ms"
    with pytest.raises(ExportError, match="do not fit the format 'seconds' as it is now"):
        exporter_with("seconds", {"unit": "years"})


class Odd(ExportOptions):
    """One of each."""

    mode: Literal["none", "hands"] = "none"
    maybe: Literal["a", "b"] | None = None
    fps: int | None = Field(default=None, ge=1, le=120)
    share: float = Field(default=0.5, gt=0, lt=1)
    most: int = Field(default=3, le=9)
    on: bool = False
    name: str = ""


def test_options_in_words_and_from_texts() -> None:
    words = {name: option_words(info) for name, info in Odd.model_fields.items()}
    assert words == {
        "mode": "none or hands",
        "maybe": "a or b, or none",
        "fps": "a whole number from 1 to 120, or none",
        "share": "a number above 0 below 1",
        "most": "a whole number up to 9",
        "on": "true or false",
        "name": "text",
    }
    fields = Odd.model_fields
    assert literal_values(fields["maybe"]) == ("a", "b")
    texts = {"mode": "none", "maybe": "none", "fps": " 30 ", "on": "true", "share": "0.25"}
    made = Odd.model_validate({name: as_option(text, fields[name]) for name, text in texts.items()})
    assert (made.mode, made.maybe, made.fps, made.on, made.share) == ("none", None, 30, True, 0.25)
