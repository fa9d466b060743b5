"""What a validation's numbers are said to mean."""

from __future__ import annotations

from typing import Any

from app.reports.validation_words import foretelling


def found(**values: Any) -> dict[str, Any]:
    return {"share": 0.05, "learned": True, "twice": 0, "ceiling": None, **values}


def test_networks_that_learned_too_little_are_told_apart() -> None:
    assert "learned too little" in foretelling(found(share=0.004, learned=False))
    assert foretelling(found()) == "Their loss is 5.0% under that of doing nothing."
    assert "above a ρ of 0.57" in foretelling(found(twice=40, ceiling=0.5712))


def test_a_run_of_before_that_was_told_says_nothing_about_it() -> None:
    assert foretelling(None) == ""
    assert foretelling({"rho": {"value": 0.1}}) == ""
