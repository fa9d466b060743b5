"""Text has contrast on what it stands on, in both themes: WCAG 2.2, 4.5 : 1 for text and 3 : 1 for graphics."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THEME = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
FRAME = (ROOT / "app" / "assets" / "frame.css").read_text(encoding="utf-8")
PLACE = {"light": 0, "dark": 1}


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, `#rrggbb`, as WCAG defines it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def variable(name: str, theme: str) -> str:
    """A colour that frame.css names."""
    found = re.search(rf"--hp-{name}: light-dark\((#\w+), (#\w+)\);", FRAME)
    assert found, name
    return found[1 + PLACE[theme]]


def test_the_ratio_is_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(theme: str) -> None:
    colours = THEME[theme]
    grounds = [
        colours["backgroundColor"],
        colours["secondaryBackgroundColor"],
        colours["sidebar"]["backgroundColor"],
    ]
    for ground in grounds:
        for text in (colours["textColor"], colours["linkColor"], variable("quiet", theme)):
            assert contrast(text, ground) >= 4.5, (text, ground)
        for graphic in (colours["primaryColor"], variable("accent", theme)):
            assert contrast(graphic, ground) >= 3, (graphic, ground)


def test_white_words_can_be_read_on_primary_buttons() -> None:
    fills = re.findall(r"background: (#\w+);", FRAME) + re.findall(r"--hp-accent-fill: (#\w+);", FRAME)
    assert len(fills) >= 2
    for fill in fills:
        assert contrast("#ffffff", fill) >= 4.5
