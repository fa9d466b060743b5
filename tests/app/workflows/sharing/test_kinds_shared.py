"""Kinds of labels travel in bundles and shared buckets, also from versions that knew two of them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.workflows.sharing.bundle_in import take_data
from app.workflows.sharing.offers import as_line, labels
from app.workflows.sharing.pull import pulled_labels
from engine.errors import SyncError
from engine.export.bundle import Bundle
from engine.export.manifest import Manifest
from engine.preference.kinds import other_kind
from storage.labels import LabelCounts
from storage.sharing import LabelEntry, entry_digest
from tests.app.labelled import add_clips
from tests.shared_footage import label

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace

OLDER: dict[str, Any] = {
    "label_id": "a", "left_clip_id": "v@0-1000", "right_clip_id": "v@1000-2000", "answer": "left", "annotator": "ann",
    "simulated": False, "response_ms": 900, "strategy": "random", "created_at": datetime(2026, 1, 2, 3, tzinfo=UTC),
}  # fmt: skip
NAMES = {"v@0-1000": "video000@0-1000", "v@1000-2000": "video000@1000-2000"}


def bundle_of(folder: Path, rows: list[dict[str, Any]]) -> Bundle:
    """A bundle of labels alone."""
    file = folder / "data" / "labels.parquet"
    file.parent.mkdir()
    pq.write_table(pa.Table.from_pylist(rows), file)
    files = {"data/labels.parquet": hashlib.sha256(file.read_bytes()).hexdigest()}
    manifest = Manifest(export_id="e", created_at="2026", app_version="0.1.0", settings={}, clips=(), files=files)
    return Bundle(folder, manifest, "digest")


def test_an_entry_has_one_name_in_all_versions_and_states_its_kind_to_each() -> None:
    for simulated, kind in ((False, "people"), (True, "simulated")):
        entry = LabelEntry.model_validate({**OLDER, "simulated": simulated})
        assert entry.kind == kind
        said = ["a", "v@0-1000", "v@1000-2000", "left", "ann", simulated, 900, "random"]
        text = "\0".join(map(repr, [*said, "2026-01-02T03:00:00.000000+00:00"]))  # as version 0.1 wrote it
        assert entry_digest(entry) == hashlib.sha256(text.encode()).hexdigest()
        assert as_line(entry)["simulated"] is simulated
        assert LabelEntry.model_validate(as_line(entry)) == entry
    judged = LabelEntry.model_validate({**OLDER, "simulated": None, "kind": "model"})
    assert as_line(judged)["simulated"] is None  # which version 0.1 refuses
    assert LabelEntry.model_validate(as_line(judged)) == judged


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "robot"}, "kind is 'robot', but must be people, simulated or model"),
        ({"kind": "model"}, "kind is model, but simulated is false: they contradict each other"),
        ({"simulated": None}, "kind: Field required"),
    ],
)
def test_a_pulled_file_of_no_such_kind_is_refused_in_words(
    workspace: Workspace, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps({**OLDER, "created_at": OLDER["created_at"].isoformat(), **change}))
    with pytest.raises(SyncError, match=reason):
        pulled_labels(workspace, path, {})


def test_a_pull_leaves_out_an_annotator_of_another_kind_alone(workspace: Workspace, tmp_path: Path) -> None:
    label(workspace, "v@0-1000", "v@1000-2000", name="ann", kind="model")
    rows = [{**OLDER, "created_at": OLDER["created_at"].isoformat()}]
    rows.append({**rows[0], "label_id": "b", "annotator": "bob"})
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    added, (sentence,) = pulled_labels(workspace, path, {})
    assert (added, workspace.labels.counts()) == (1, LabelCounts(people=1, model=1))
    assert "the labels of 'ann' here are labels by a model's judgement, not by people" in sentence
    (offer,) = labels(workspace)
    assert (offer.entry.about.entries, offer.entry.about.simulated, offer.entry.about.model) == (2, 0, 1)


def test_a_bundle_of_an_earlier_version_comes_in_with_its_two_kinds(workspace: Workspace, tmp_path: Path) -> None:
    add_clips(workspace, 2)
    rows = [OLDER, {**OLDER, "label_id": "b", "annotator": "sim", "simulated": True}]
    report = take_data(workspace, bundle_of(tmp_path, rows), NAMES)
    assert (report.labels, report.labels_by, report.problems) == (2, LabelCounts(people=1, simulated=1), ())


def test_a_bundle_s_kinds_are_kept_and_an_annotator_of_another_kind_is_left_out(
    workspace: Workspace, tmp_path: Path
) -> None:
    a, b = add_clips(workspace, 2)
    label(workspace, a, b, name="ann")
    new = {**OLDER, "kind": "model", "simulated": None}
    rows = [{**new, "label_id": "b", "annotator": "eye"}, new, {**OLDER, "kind": "robot", "label_id": "c"}]
    report = take_data(workspace, bundle_of(tmp_path, rows), NAMES)
    assert (report.labels, report.labels_by) == (1, LabelCounts(model=1))
    assert report.problems == (
        "data/labels.parquet: 1 rows are no labels and are left out.",
        f"data/labels.parquet: {other_kind('ann', 'people', 'model')}; these are left out.",
    )
