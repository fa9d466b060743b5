"""What fails a build: never in silence for want of numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.fail_on import judge, parse_condition
from engine.errors import EngineError
from tests.engine.audit.made import facts_with
from tests.engine.audit.test_rules import report_on

shares = st.lists(st.sampled_from([0.0, 1.0, None]), min_size=1, max_size=8)


def answer(shares: list[float | None], condition: str) -> str:
    report = report_on(facts_with(hands_any_share=shares))
    (one,) = judge(report, [parse_condition(condition)])
    return one.answer


def test_a_rule_fails_by_one_hit_and_by_a_rate_above_the_limit() -> None:
    assert answer([0.0, 1.0, 1.0, 1.0], "no-hands") == "failed"
    assert answer([1.0, 1.0], "no-hands") == "passed"
    assert answer([0.0, 1.0], "no-hands=0.5") == "passed", "as many as the limit allows"
    assert answer([0.0, 0.0, 1.0], "no-hands=0.5") == "failed"


def test_what_could_not_be_checked_leaves_it_open_where_it_might_matter() -> None:
    assert answer([1.0, None], "no-hands") == "open"
    assert answer([0.0, None], "no-hands") == "failed"
    assert answer([0.0, 1.0, 1.0, None], "no-hands=0.5") == "passed"
    assert answer([0.0, 1.0, None, None], "no-hands=0.5") == "open"
    assert answer([None, None], "no-hands=1") == "passed"
    assert answer([1.0], "checksum") == "open", "a folder has no checksums"


def test_words_for_severities() -> None:
    report = report_on(facts_with(hands_any_share=[0.0]))
    errors = judge(report, [parse_condition("errors")])
    assert {one.rule for one in errors} >= {"does-not-open", "damaged"}
    assert "no-hands" not in {one.rule for one in errors}
    warnings = {one.rule: one.answer for one in judge(report, [parse_condition("warnings")])}
    assert warnings["no-hands"] == "failed"
    assert "variable-rate" not in warnings


@pytest.mark.parametrize("text", ["fly", "no-hands=", "no-hands=x", "no-hands=1.1", "no-hands=nan", "errors=0.1", ""])
def test_a_condition_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(EngineError):
        parse_condition(text)


@given(shares, st.floats(0, 1))
def test_an_answer_holds_whatever_the_unknown_turn_out_to_be(found: list[float | None], limit: float) -> None:
    condition = f"no-hands={limit}"
    said = answer(found, condition)
    best = answer([1.0 if share is None else share for share in found], condition)
    worst = answer([0.0 if share is None else share for share in found], condition)
    assert said == (best if best == worst else "open")
