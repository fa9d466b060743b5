"""Jobs that an earlier version queued, or that stopped there, go on with this one.

`specs_of_0_1.jsonl` holds spec.json files as version 0.1 wrote them, when settings and payloads were plain mappings.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.workflows.jobs.kinds import BUILT_IN, typed_spec
from engine.contracts.extract import ExtractSettings
from engine.errors import JobError
from engine.runtime.spec import read_spec, write_spec
from engine.validation.settings import ValidationSettings

WRITTEN = (Path(__file__).parent / "specs_of_0_1.jsonl").read_text(encoding="utf-8").splitlines()


def file_of(tmp_path: Path, text: str) -> Path:
    """A job's spec.json."""
    path = tmp_path / "spec.json"
    path.write_text(text, encoding="utf-8")
    return path


NEW_SINCE = {"clips", "export_parts", "export_set", "push_to_hub", "rollouts"}


def test_there_is_one_of_every_kind_that_there_was() -> None:
    assert {json.loads(text)["kind"] for text in WRITTEN} == set(BUILT_IN) - NEW_SINCE


@pytest.mark.parametrize("text", WRITTEN, ids=lambda text: json.loads(text)["kind"])
def test_a_job_of_an_earlier_version_loads_and_is_written_with_the_same_keys_and_values(
    tmp_path: Path, text: str
) -> None:
    spec = typed_spec(read_spec(file_of(tmp_path, text)))
    write_spec(spec.written(), tmp_path / "again.json")
    wanted = json.loads(text)
    if wanted["kind"] == "train":
        wanted["settings"]["labels"] = None
    if wanted["kind"] == "import":
        wanted["settings"]["scores"] = None
    if wanted["kind"] in ("import", "receive"):
        for item in wanted["items"]:
            item["payload"] |= {"name": "", "group": "", "chapter": None, "source": ""}
    if wanted["kind"] in ("validate", "ablate"):
        # Gain is measured anew since: what nobody changed takes today's numbers.
        wanted["settings"]["target"] = None
        wanted["settings"]["validation"] = ValidationSettings.model_validate(
            wanted["settings"]["validation"]
        ).model_dump(mode="json")
    assert json.loads((tmp_path / "again.json").read_text(encoding="utf-8")) == wanted


def one(kind: str, number: int = 0) -> Any:
    """An old specification of this kind."""
    return [written for text in WRITTEN if (written := json.loads(text))["kind"] == kind][number]


def test_the_settings_of_extractors_stand_beside_what_is_for_the_app(tmp_path: Path) -> None:
    spec = typed_spec(read_spec(file_of(tmp_path, json.dumps(one("extract", 1)))))
    settings = spec.settings_as(ExtractSettings)
    assert set(settings.extractors) == {"motion", "sharpness"}
    assert settings.then is not None
    assert settings.then.videos == ("v",)


def test_a_download_names_a_file_or_videos_of_ego4d(tmp_path: Path) -> None:
    found = [typed_spec(read_spec(file_of(tmp_path, json.dumps(one("download", n))))) for n in (0, 1)]
    (web,), (ego4d,) = ((item.payload for item in spec.items) for spec in found)
    assert web.transfer is not None
    assert (web.transfer.relative_path, web.uids) == ("P01/videos/P01_01.MP4", None)
    assert (ego4d.transfer, ego4d.uids) == (None, ("u-1", "u-2"))


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("export", {"crf": "much"}, r"a job of kind 'export', settings: crf: .*valid integer"),
        ("export", {"colour": "red"}, r"a job of kind 'export', settings: colour: .*not permitted"),
        ("export", {"folder": None}, r"a job of kind 'export', settings: folder: .*valid string"),
        ("train", {"model": {"inputs": {"squares": "perhaps"}}}, r"'train', settings: model\.inputs\.squares: "),
        ("push", {"target": {"bucket": "b", "prefix": "", "door": 1}}, r"'push', settings: target\.door: "),
    ],
)
def test_settings_that_are_none_of_the_kind_are_refused_by_name(
    tmp_path: Path, kind: str, change: dict[str, Any], words: str
) -> None:
    written = one(kind)
    written["settings"] |= change
    with pytest.raises(JobError, match=words):
        typed_spec(read_spec(file_of(tmp_path, json.dumps(written))))


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("shots", {"path": 7}, r"a job of kind 'shots', item 'v': path: .*valid string"),
        ("shots", {"speed": 7}, r"a job of kind 'shots', item 'v': speed: .*not permitted"),
        (
            "extract",
            {"clips": [{"clip_id": "c", "start_s": 0.0}]},
            r"'extract', item 'video0': clips\.0\.end_s: .*equired",
        ),
        ("download", {"uids": ["u"]}, r"'download', item 'P01_01': give either"),
        ("download", {"transfer": {"name": "n"}}, r"'download', item 'P01_01': transfer\.url: "),
    ],
)
def test_an_item_that_is_none_of_the_kind_is_refused_by_name(
    tmp_path: Path, kind: str, change: dict[str, Any], words: str
) -> None:
    written = one(kind)
    written["items"][0]["payload"] |= change
    with pytest.raises(JobError, match=words):
        typed_spec(read_spec(file_of(tmp_path, json.dumps(written))))
