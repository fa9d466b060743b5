"""The schemas of the settings files: right files pass, wrong ones fail, and what a person wrote stays."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from pydantic import Field, create_model
from ruamel.yaml import YAML

from engine.features.settings import feature_settings_model
from engine.settings.jobs import JobSettings
from engine.settings_model import SettingsModel
from storage import settings_schemas
from storage.settings import SettingsFiles
from storage.settings_models import SETTINGS
from storage.settings_schemas import name_schema, schema_text, write_schemas
from storage.workspace import Workspace
from tests.blank_workspace import lay_out

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> SettingsFiles:
    """The settings files of a new workspace."""
    found = SettingsFiles(tmp_path)
    found.ensure()
    return found


def schema_that_is_named(files: SettingsFiles, name: str) -> dict[str, Any]:
    """The schema that the first line of a settings file points to."""
    first = files.path(name).read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    return dict(json.loads((files.folder / first.partition("=")[2]).read_text(encoding="utf-8")))


def problems(schema: dict[str, Any], document: Any) -> list[str]:
    return [error.json_path for error in jsonschema.Draft202012Validator(schema).iter_errors(document)]


@pytest.mark.parametrize("name", SETTINGS)
def test_each_file_as_it_is_made_passes_the_schema_that_it_names(files: SettingsFiles, name: str) -> None:
    schema = schema_that_is_named(files, name)
    jsonschema.Draft202012Validator.check_schema(schema)
    document = YAML(typ="safe").load(files.path(name))
    assert document
    assert problems(schema, document) == []
    assert problems(schema, {}) == [], "each value has a default"
    assert problems(schema, {**document, "no_such_setting": 1}) == ["$"]


def test_wrong_values_fail_where_they_stand(files: SettingsFiles) -> None:
    schema = schema_that_is_named(files, "jobs")
    wrong = {"runtime": {"workers": -1, "tries": 2.5, "stall_timeout_s": "long", "wokers": 3}}
    assert set(problems(schema, wrong)) == {
        "$.runtime",
        "$.runtime.workers",
        "$.runtime.tries",
        "$.runtime.stall_timeout_s",
    }


def sections(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [schema, *schema.get("$defs", {}).values()]


@pytest.mark.parametrize("name", SETTINGS)
def test_every_value_is_explained_and_nothing_is_said_that_is_for_the_code_alone(name: str) -> None:
    schema = json.loads(schema_text(name, SETTINGS[name]))
    fields = [field for section in sections(schema) for field in section.get("properties", {}).values()]
    assert fields
    assert all("title" in field or "description" in field or "$ref" in field for field in fields)
    text = json.dumps(schema)
    assert "no_effect" not in text
    assert "added_later" not in text
    assert SETTINGS[name].__name__ not in text


def test_extractors_of_installed_packages_have_their_part(monkeypatch: pytest.MonkeyPatch) -> None:
    class GripSettings(SettingsModel):
        """How grip is measured."""

        pressure: float = Field(default=1.0, le=5.0, title="Pressure")

    class Grip:
        title, settings_model = "Grip", GripSettings

    monkeypatch.setattr("engine.features.settings.extractor_names", lambda: ["grip"])
    monkeypatch.setattr("engine.features.settings.get", lambda _name: Grip)
    schema = json.loads(schema_text("features", feature_settings_model()))
    assert problems(schema, {"grip": {"pressure": 2.0, "enabled": False}}) == []
    assert problems(schema, {"grip": {"pressure": 9.0}}) == ["$.grip.pressure"]


# --- files of a person -----------------------------------------------------------------------------------------------

OWN = "# Mine.\n\nruntime:\n  # two is enough\n  workers: 2   # really\n"


def test_a_file_of_an_earlier_version_gets_the_line_and_keeps_every_other_byte(tmp_path: Path) -> None:
    files = SettingsFiles(tmp_path)
    for content in (OWN.encode(), b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode()):
        files.path("jobs").write_bytes(content)
        name_schema(files.path("jobs"), "jobs")
        made = files.path("jobs").read_bytes()
        line = b"# yaml-language-server: $schema=schemas/jobs.schema.json"
        end = b"\r\n" if b"\r\n" in content else b"\n"
        assert made.replace(line + end, b"", 1) == content
        assert made.splitlines()[0].removeprefix(b"\xef\xbb\xbf") == line
        assert files.load(JobSettings).runtime.workers == 2


def test_a_line_that_a_person_changed_or_took_away_stays_so(files: SettingsFiles) -> None:
    other = "# yaml-language-server: $schema=../../my.json\n" + OWN
    files.path("jobs").write_text(other, encoding="utf-8")
    files.path("data").write_text("{}\n", encoding="utf-8")
    files.ensure()
    assert files.path("jobs").read_text(encoding="utf-8") == other
    assert files.path("data").read_text(encoding="utf-8") == "{}\n"
    (files.folder / "schemas" / "jobs.schema.json").unlink()
    files.ensure()
    assert files.path("jobs").read_text(encoding="utf-8") == other


def test_saving_keeps_the_line_and_the_comments(files: SettingsFiles) -> None:
    files.path("jobs").write_text(OWN, encoding="utf-8")
    name_schema(files.path("jobs"), "jobs")
    loaded = files.load(JobSettings)
    files.save(loaded.model_copy(update={"runtime": loaded.runtime.model_copy(update={"workers": 3})}))
    text = files.path("jobs").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=schemas/jobs.schema.json\n# Mine.\n")
    assert "# two is enough\n  workers: 3   # really" in text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: [", b"", b"x" * (300 << 10)])
def test_a_file_that_can_t_be_read_is_left_to_the_reader(files: SettingsFiles, content: bytes) -> None:
    files.path("jobs").write_bytes(content)
    name_schema(files.path("jobs"), "jobs")
    assert files.path("jobs").read_bytes().endswith(content)


# --- keeping them up to date -----------------------------------------------------------------------------------------


def test_schemas_are_made_again_only_when_the_models_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = settings_schemas.schema_text
    monkeypatch.setattr(settings_schemas, "schema_text", lambda name, model: made.append(name) or original(name, model))
    assert write_schemas(tmp_path / "schemas", SETTINGS) == set(SETTINGS)
    assert write_schemas(tmp_path / "schemas", SETTINGS) == set()
    assert made == list(SETTINGS)
    longer = create_model("Longer", __base__=JobSettings, __module__=__name__, more=(int, Field(default=1)))
    assert write_schemas(tmp_path / "schemas", {**SETTINGS, "jobs": longer}) == set(), "none of them is new"
    schema = json.loads((tmp_path / "schemas" / "jobs.schema.json").read_text(encoding="utf-8"))
    assert "more" in schema["properties"]


def test_what_was_changed_by_hand_comes_back_with_the_next_version(
    files: SettingsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files.folder / "schemas" / "jobs.schema.json"
    path.write_text("{}", encoding="utf-8")
    monkeypatch.setattr(settings_schemas, "version", lambda _name: "99")
    files.ensure()
    assert "properties" in json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="only a user without rights is refused by a folder")
def test_a_folder_that_can_t_be_written_to_has_no_schemas(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert write_schemas(tmp_path / "schemas", SETTINGS) == set()


def test_a_file_in_the_place_of_the_folder_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "schemas").write_text("mine", encoding="utf-8")
    assert write_schemas(tmp_path / "schemas", SETTINGS) == set()
    assert (tmp_path / "schemas").read_text(encoding="utf-8") == "mine"


def test_opening_a_workspace_brings_them(tmp_path: Path) -> None:
    with Workspace(lay_out(tmp_path / "workspace")) as workspace:
        found = sorted(path.name for path in (workspace.paths.settings / "schemas").glob("*.json"))
    assert found == sorted(f"{name}.schema.json" for name in SETTINGS)
