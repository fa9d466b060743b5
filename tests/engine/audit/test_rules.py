"""Every rule on facts whose truth is known: what it finds, what it lets pass, and what it calls unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.facts import AnnotationFacts, AuditFacts, FileFault, PreferenceFacts, SameContent
from engine.audit.outcome import ClipHits, Hit
from engine.audit.report import AuditAbout, AuditReport, audit
from engine.audit.rules import RULES, rule_named
from engine.audit.settings import AuditSettings
from engine.files.problems import Problem
from engine.sources.times import NOT_AFTER_START
from engine.statistics.interval import Estimate
from engine.video.types import HEADER_DISAGREES
from tests.engine.audit.made import a_row, a_video, clips_with, facts_with

SETTINGS = AuditSettings()
NAMES = {
    "no-video", "does-not-open", "file-missing", "does-not-decode", "damaged", "stated-length", "listed-length",
    "checksum", "bad-layout", "no-clips", "changes-size", "variable-rate", "unreadable-annotations", "unusable-row",
    "empty-window", "beyond-the-end", "video-not-here", "duplicate-window", "overlapping-windows", "same-content",
    "near-duplicate", "overlapping-clips", "no-hands", "too-dark", "too-bright", "blurred", "idle", "frozen", "shaky",
    "motion-unclear", "reward-no-better-than-chance", "reward-not-validated", "reward-simulated", "unscored",
    "reward-uncertain",
}  # fmt: skip


def report_on(facts: AuditFacts, settings: AuditSettings = SETTINGS) -> AuditReport:
    about = AuditAbout(
        path="/footage", kind="folder", made_at="2026-01-01T00:00:00+00:00", app_version="0", videos=1, footage_s=60.0,
        clips=facts.clips.num_rows, clip_s=2.0,
    )  # fmt: skip
    return audit(facts, settings, about)


def ids(facts: AuditFacts, rule: str) -> list[str]:
    return [hit.id for hit in report_on(facts).of(rule).hits]


def test_names_are_stable_for_builds_depend_on_them() -> None:
    assert {rule.name for rule in RULES} == NAMES
    assert len(RULES) == len(NAMES)
    assert rule_named("flies") is None


def test_every_rule_has_words_a_reader_can_use() -> None:
    for rule in RULES:
        assert all((rule.title, rule.meaning.endswith("."), rule.remedy)), rule.name
        assert rule.limit(SETTINGS) == rule.limit(SETTINGS).strip().rstrip(".")


def test_nothing_at_all_is_one_error_and_no_invented_number() -> None:
    report = report_on(AuditFacts(clips=clips_with()))
    assert {one.rule for one in report.findings if one.standing == "found"} == {"no-video"}
    assert {one.rule for one in report.findings if one.standing == "clear"} == set()
    assert report.numbers == ()


@pytest.mark.parametrize(
    ("rule", "column", "caught", "passed"),
    [
        ("no-hands", "hands_any_share", 0.09, 0.1),
        ("blurred", "sharpness_blurred_share", 0.51, 0.5),
        ("idle", "motion_idle_share", 0.51, 0.5),
        ("frozen", "motion_frozen_share", 0.51, 0.5),
        ("shaky", "motion_camera_speed_p95", 1.01, 1.0),
        ("motion-unclear", "motion_known_share", 0.49, 0.5),
    ],
)
def test_a_line_is_drawn_where_the_settings_have_it(rule: str, column: str, caught: float, passed: float) -> None:
    finding = report_on(facts_with(**{column: [caught, passed, None]})).of(rule)
    assert [hit.id for hit in finding.hits] == ["c0"]
    assert (finding.count, finding.checked, finding.unknown, finding.rate) == (1, 2, 1, 0.5)
    assert finding.limit


def test_light_is_judged_by_its_mean_and_by_what_has_no_detail() -> None:
    facts = facts_with(
        exposure_luma_mean=[20.0, 60.0, 120.0, 180.0, 230.0, None],
        exposure_under_share=[0.2, 0.6, 0.0, 0.0, 0.0, 0.9],
        exposure_over_share=[0.0, 0.0, 0.0, 0.6, 0.3, None],
    )
    assert ids(facts, "too-dark") == ["c5", "c0", "c1"], "the worst first"
    assert ids(facts, "too-bright") == ["c3", "c4"]
    assert report_on(facts).of("too-bright").unknown == 1
    details = {hit.id: hit.detail for hit in report_on(facts).of("too-dark").hits}
    assert details == {"c5": "90% of its pixels are black", "c0": "mean luma 20", "c1": "60% of its pixels are black"}


def test_what_was_never_measured_is_unknown_and_says_why() -> None:
    facts = AuditFacts(clips=clips_with(clip_id=["a", "b"]), videos=(a_video(),), missing={"hands": "no model"})
    finding = report_on(facts).of("no-hands")
    assert (finding.standing, finding.checked, finding.unknown, finding.rate) == ("unknown", 0, 2, None)
    assert finding.why_unknown == "no model"


def test_rates_by_folder_and_participant_leave_out_what_is_unknown_or_has_no_name() -> None:
    facts = facts_with(
        hands_any_share=[0.0, 0.0, 1.0, 1.0, None],
        folder=["a", "a", "a", "b", "b"],
        participant=["P01", None, "P02", "P02", "P03"],
    )
    groups = {(g.grouping, g.group): (g.count, g.checked) for g in report_on(facts).of("no-hands").groups}
    assert groups == {
        ("folder", "a"): (2, 3),
        ("folder", "b"): (0, 1),
        ("participant", "P01"): (1, 1),
        ("participant", "P02"): (0, 2),
    }


def test_files_and_videos() -> None:
    facts = AuditFacts(
        clips=clips_with(clip_id=["x"], failure=["no frame"]),
        videos=(
            a_video("short", header_damage=f"{HEADER_DISAGREES} 8.00 s, its pictures end after 3.67 s: cut short"),
            a_video("torn", read_damage="damaged: 3 of its packets were not readable"),
            a_video("gone", is_there=False, clips=0, read=0),
            a_video("odd", variable_rate=True, size_change="from 1.00 s on its pictures are 2 × 2 px"),
            a_video("listed", listed_s=90.0),
            a_video("exact", listed_s=60.5),
        ),
        files=9,
        faults=(FileFault("/footage/broken.mp4", "is damaged"),),
        same=(SameContent("/footage/copy.mp4", "the same content as torn"),),
        sums=(FileFault("/bundle/a.mp4", "its SHA-256 differs"),),
        summed=3,
    )
    found = {
        rule: ids(facts, rule)
        for rule in ("does-not-open", "file-missing", "damaged", "stated-length", "listed-length", "variable-rate")
    }
    assert found == {
        "does-not-open": ["/footage/broken.mp4"],
        "file-missing": ["gone"],
        "damaged": ["torn"],
        "stated-length": ["short"],
        "listed-length": ["listed"],
        "variable-rate": ["odd"],
    }
    assert ids(facts, "changes-size") == ["odd"]
    assert ids(facts, "no-clips") == ["gone"]
    assert ids(facts, "same-content") == ["/footage/copy.mp4"]
    assert ids(facts, "does-not-decode") == ["x"]
    report = report_on(facts)
    assert (report.of("damaged").checked, report.of("damaged").unknown) == (5, 1), "nobody decoded the one that is gone"
    assert report.of("listed-length").checked == 2
    assert (report.of("checksum").count, report.of("checksum").checked) == (1, 3)
    assert report.of("bad-layout").standing == "not applicable"


def test_rows_of_annotations() -> None:
    rows = (
        a_row(0.0, 2.0, narration="open door", row=2),
        a_row(0.01, 2.0, narration="Open door ", row=3),
        a_row(0.5, 2.5, narration="turn handle", row=4),
        a_row(59.0, 60.9, row=5),
        a_row(58.0, 61.5, row=6),
        a_row(70.0, 71.0, row=7),
        a_row(0.0, 1.0, video="elsewhere", row=8),
    )
    problems = (
        Problem("/a.csv", 9, f"it ends at 1 s, {NOT_AFTER_START} at 2 s"),
        Problem("/a.csv", 10, "'x' is not a time"),
        Problem("/a.csv", None, "and 40 more problems like these", 40),
    )
    file = AnnotationFacts(path="/a.csv", rows=rows, problems=problems, keys={"v": "v"})
    bad = AnnotationFacts(path="/b.csv", unreadable="it is empty")
    facts = AuditFacts(clips=clips_with(), videos=(a_video(),), annotations=(file, bad))
    report = report_on(facts)
    assert ids(facts, "beyond-the-end") == ["/a.csv:6", "/a.csv:7"]
    assert (report.of("beyond-the-end").checked, report.of("beyond-the-end").unknown) == (6, 1)
    assert ids(facts, "duplicate-window") == ["/a.csv:3"]
    assert ids(facts, "overlapping-windows") == ["/a.csv:4", "/a.csv:5"]
    assert ids(facts, "empty-window") == ["/a.csv:9"]
    assert (report.of("unusable-row").count, report.of("unusable-row").checked) == (41, 49)
    assert ids(facts, "video-not-here") == ["elsewhere"]
    assert ids(facts, "unreadable-annotations") == ["/b.csv"]


def test_near_duplicates_are_unknown_until_somebody_looked() -> None:
    clips = clips_with(near_duplicate_of=[None, "c0", None], embedding_spread=[0.1, 0.1, None])
    looked = report_on(AuditFacts(clips=clips, videos=(a_video(),))).of("near-duplicate")
    assert ([hit.id for hit in looked.hits], looked.checked, looked.unknown) == (["c1"], 2, 1)
    clips = clips_with(embedding_spread=[0.1, 0.1])
    not_yet = report_on(AuditFacts(clips=clips, videos=(a_video(),), likeness="nobody looked")).of("near-duplicate")
    assert (not_yet.standing, not_yet.why_unknown) == ("unknown", "nobody looked")


def preference(**known: Any) -> dict[str, str]:
    """Rule → its standing and, where unknown, why."""
    facts = AuditFacts(
        clips=clips_with(reward=[0.0, 1.0, -1.0, None], reward_std=[0.1, 5.0, 0.2, None]),
        videos=(a_video(),),
        preference=PreferenceFacts(**known),
    )
    found = [one for one in report_on(facts).findings if one.family == "preference"]
    return {one.rule: one.why_unknown if one.standing == "unknown" else one.standing for one in found}


def test_no_reward_is_unknown_with_the_reason() -> None:
    assert set(preference(why_unknown="nobody trained one").values()) == {"nobody trained one"}


def test_a_reward_is_judged_by_what_is_known_of_it() -> None:
    weak = preference(
        model_name="m", labels_by="simulated", labels=40, accuracy=Estimate(value=0.6, low=0.45, high=0.7),
        validation="not met", validation_words="The bar is not met.",
    )  # fmt: skip
    assert weak == {
        "reward-no-better-than-chance": "found",
        "reward-not-validated": "found",
        "reward-simulated": "found",
        "unscored": "found",
        "reward-uncertain": "found",
    }
    good = preference(
        model_name="m", labels_by="people", accuracy=Estimate(value=0.8, low=0.7, high=0.9), validation="met"
    )
    assert good["reward-no-better-than-chance"] == good["reward-not-validated"] == good["reward-simulated"] == "clear"
    bare = preference(model_name="m")
    assert "held out" in bare["reward-no-better-than-chance"]
    assert bare["reward-not-validated"] == "the reward was never validated"
    assert "nobody knows" in bare["reward-simulated"]
    open_ = preference(model_name="m", validation="unsupported", validation_words="Too little data.")
    assert open_["reward-not-validated"] == "Too little data."


def test_a_clip_is_put_into_words_when_it_is_read() -> None:
    worded: list[int] = []
    clips = pa.table({"clip_id": ["a", "b", "c"], "video_id": ["v", "v", "w"]})
    hits = ClipHits(np.array([2, 0, 1]), clips, {"v": "/v.mp4"}, lambda row: worded.append(row) or f"row {row}")
    assert len(hits) == 3
    assert worded == []
    assert hits[:1] == (Hit("c", "", "row 2"),)
    assert hits[-1] == Hit("b", "/v.mp4", "row 1")
    assert worded == [2, 1]
    assert [hit.id for hit in hits] == ["c", "a", "b"]


def test_a_report_is_read_back_from_its_json() -> None:
    report = report_on(facts_with(hands_any_share=[0.0, 1.0], folder=["a", "b"]))
    again = AuditReport.from_json(report.to_json())
    assert again.to_json() == report.to_json()
    assert set(report.to_json()) == {"format", "version", "about", "findings", "numbers", "settings"}
    assert report.to_json()["findings"][0]["rule"] == "no-video"


COLUMNS = (
    *("hands_any_share", "exposure_luma_mean", "exposure_under_share", "exposure_over_share"),
    *("sharpness_blurred_share", "motion_idle_share", "motion_frozen_share", "motion_camera_speed_p95"),
)
numbers = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))
tables = st.integers(1, 6).flatmap(
    lambda count: st.fixed_dictionaries(
        {
            **{column: st.lists(numbers, min_size=count, max_size=count) for column in COLUMNS},
            "folder": st.lists(st.sampled_from("xy"), min_size=count, max_size=count),
            "reward": st.lists(numbers, min_size=count, max_size=count),
            "reward_std": st.lists(numbers, min_size=count, max_size=count),
        }
    )
)


@given(tables)
def test_whatever_the_numbers_each_clip_is_found_clear_or_unknown_once(columns: dict[str, list[Any]]) -> None:
    facts = facts_with(**columns)
    for finding in report_on(facts).findings:
        assert finding.count >= len(finding.hits) == len({hit.id for hit in finding.hits})
        if finding.subject == "clip":
            assert finding.checked + finding.unknown in (facts.clips.num_rows, 0)
            assert finding.count <= finding.checked
            assert bool(finding.unknown) == bool(finding.why_unknown)
            for grouping in ("source", "folder", "participant"):
                mine = [rate for rate in finding.groups if rate.grouping == grouping]
                assert sum(rate.count for rate in mine) in (finding.count, 0)
                assert sum(rate.checked for rate in mine) in (finding.checked, 0)


@given(tables, st.floats(0, 1), st.floats(0, 1))
def test_a_stricter_line_never_finds_less(columns: dict[str, list[Any]], one: float, other: float) -> None:
    low, high = sorted((one, other))

    def found(limit: float) -> set[str]:
        settings = AuditSettings.model_validate({"footage": {"idle_share": 1 - limit, "hands_share": limit}})
        report = report_on(facts_with(**columns), settings)
        return {f"{rule} {hit.id}" for rule in ("idle", "no-hands") for hit in report.of(rule).hits}

    assert found(low) <= found(high)


def test_a_window_without_an_end_is_its_whole_video() -> None:
    rows = (a_row(0.0, float("inf"), row=0), a_row(0.0, float("inf"), row=1), a_row(70.0, float("inf"), row=2))
    file = AnnotationFacts(path="/a.tar", rows=rows, keys={"v": "v"})
    report = report_on(AuditFacts(clips=clips_with(), videos=(a_video(),), annotations=(file,)))
    assert [hit.id for hit in report.of("duplicate-window").hits] == ["/a.tar:1"]
    assert [hit.id for hit in report.of("beyond-the-end").hits] == ["/a.tar:2"]
    assert report.of("overlapping-windows").count == 1
