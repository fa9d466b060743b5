"""The page of an audit: everything escaped, nothing fetched, every finding on it, its colours readable."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

from app.reports.audit_html import audit_html
from app.reports.audit_words import count_words, headline, percent, unknown_reasons
from engine.audit.facts import AuditFacts, FileFault, PreferenceFacts
from engine.audit.fail_on import judge, parse_condition
from tests.engine.audit.made import a_video, clips_with, facts_with
from tests.engine.audit.test_rules import report_on

HOSTILE = "<img src=x onerror=alert(1)>\"'&</style><script>alert(2)</script>"
PIXEL = "data:image/png;base64,AAAA"
VOID = {"meta", "img", "br"}


class Tags(HTMLParser):
    """The tags and attributes of a page, and whether each is closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile_facts() -> AuditFacts:
    clips = clips_with(
        clip_id=[HOSTILE, "b"], video_id=["v", "w"], folder=[HOSTILE, "x"], source=[HOSTILE, "y"],
        participant=[HOSTILE, "P2"], hands_any_share=[0.0, 1.0], motion_idle_share=[None, 0.1],
        near_duplicate_of=[None, HOSTILE], embedding_spread=[0.1, 0.1],
    )  # fmt: skip
    return AuditFacts(
        clips=clips,
        videos=(a_video("v", path=HOSTILE, folder=HOSTILE, read_damage=HOSTILE), a_video("w")),
        files=3,
        faults=(FileFault(HOSTILE, HOSTILE),),
        missing={"motion": HOSTILE},
        preference=PreferenceFacts(why_unknown=HOSTILE),
    )


def test_what_comes_from_data_is_text_and_nothing_else() -> None:
    report = report_on(hostile_facts())
    answers = judge(report, [parse_condition("errors"), parse_condition("idle")])
    page = Tags(audit_html(report, answers, {HOSTILE: PIXEL}))
    assert page.open == []
    assert "script" not in page.tags
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert page.tags.count("img") == 1
    assert [value for name, value in page.attributes if name == "src"] == [PIXEL]


def test_nothing_is_fetched_from_anywhere() -> None:
    text = audit_html(report_on(facts_with(hands_any_share=[0.0])))
    assert not re.search(r"https?:|//|url\(|@import|<link|<script|<iframe", text)


def test_every_rule_stands_on_the_page_with_what_it_came_to() -> None:
    report = report_on(facts_with(hands_any_share=[0.0, 1.0], motion_idle_share=[0.0, None], folder=["a", "b"]))
    text = audit_html(report)
    for finding in report.findings:
        if finding.standing in ("found", "clear"):
            assert f"<code>{finding.rule}</code>" in text, finding.rule
        elif finding.standing == "unknown":
            assert html.escape(finding.title) in text, finding.rule
    assert "1 of 2 clips (50%)" in text
    assert headline(report) in text
    assert "a hand in under 10% of frames" in text


def test_the_page_names_the_first_and_counts_the_rest() -> None:
    report = report_on(facts_with(hands_any_share=[0.0] * 30))
    text = audit_html(report)
    assert text.count("a hand in 0% of its frames") == 20
    assert "And 10 more: the JSON names them all." in text


def test_rates_never_round_something_to_nothing() -> None:
    assert [percent(rate) for rate in (None, 0.0, 0.001, 0.5, 0.999, 1.0)] == ["–", "0%", "<1%", "50%", ">99%", "100%"]


def test_rules_of_one_reason_stand_together() -> None:
    report = report_on(AuditFacts(clips=clips_with(clip_id=["a"]), videos=(a_video(),), missing={"hands": "no model"}))
    reasons = {why: names for names, why in unknown_reasons(report)}
    assert reasons["No model."] == "Does not decode (1 clip), No hands (1 clip)"
    assert count_words(report.of("no-hands")) == "0 clips"


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_keeps_its_contrast_in_both_themes() -> None:
    """4.5 : 1 at least (WCAG 2.2, 1.4.3)."""
    style = (Path(__file__).parents[3] / "app" / "reports" / "audit.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    themes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in blocks]
    assert len(themes) == 3
    pairs = [(ink, ground) for ink in ("ink", "quiet", "accent") for ground in ("page", "card")]
    pairs += [(name, f"{name}-fill") for name in ("error", "warning", "note")]
    pairs += [(name, "card") for name in ("error", "warning", "note")]
    for theme in themes[:2]:
        for ink, ground in pairs:
            light, dark = sorted((luminance(theme[ink]), luminance(theme[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)
