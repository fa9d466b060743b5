"""The settings files: written with explanations, read with line numbers, saved with comments kept."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
import tracemalloc
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingsError
from engine.features.settings import FeatureSettings
from engine.preference.settings import LabellingSettings
from engine.settings.data import DataSettings, MediaSettings
from engine.settings.jobs import JobSettings, RuntimeSettings
from engine.settings_model import SettingsModel
from storage import settings
from storage.errors import StorageError, WorkspaceBusy
from storage.settings import SettingsFiles
from storage.settings_models import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> SettingsFiles:
    """A settings folder with nothing in it."""
    return SettingsFiles(tmp_path)


def write(files: SettingsFiles, text: str, name: str = "jobs") -> None:
    """Put a file there."""
    files.path(name).write_text(text, encoding="utf-8")


def refusal(files: SettingsFiles, text: str) -> str:
    """What is said of a jobs.yaml, less its path."""
    write(files, text)
    with pytest.raises(SettingsError) as caught:
        files.load(JobSettings)
    assert caught.value.remedy
    assert str(files.path("jobs")) in caught.value.message
    return caught.value.message.replace(str(files.path("jobs")), "jobs.yaml")


def test_without_files_there_are_defaults(files: SettingsFiles) -> None:
    assert files.load(JobSettings) == JobSettings()
    assert list(files.folder.iterdir()) == []


@pytest.mark.parametrize("name", SETTINGS)
def test_the_files_that_are_made_load_and_explain_every_value(files: SettingsFiles, name: str) -> None:
    files.ensure()
    assert files.load(SETTINGS[name]) == SETTINGS[name]()
    text = files.path(name).read_text(encoding="utf-8")
    said = " ".join(text.replace("#", " ").split())
    assert SETTINGS[name].summary() in said
    for info in SETTINGS[name].model_fields.values():
        section = info.annotation
        for field in getattr(section, "model_fields", {}).values():
            inner = field.annotation
            words = inner.summary() if isinstance(inner, type) and issubclass(inner, SettingsModel) else ""
            assert " ".join((words or field.description or field.title or "").split()) in said


def test_a_labelling_file_of_an_earlier_version_still_loads_and_keeps_what_it_chose(files: SettingsFiles) -> None:
    """As 0.1 wrote it: no limit a clip, no share across videos, and shares that leave no room for another."""
    write(
        files,
        "target: 80\npairs:\n  first_random: 50\n  random_share: 0.15\n  repeat_share: 0.1\n  near_tie_share: 0.75\n"
        "  labels_per_clip: 20\n  information: d_optimal\n",
        "labelling",
    )
    found = files.load(LabellingSettings)
    assert (found.target, found.pairs.information, found.pairs.near_tie_share) == (80, "d_optimal", 0.75)
    assert found.pairs.most_shown == 21
    files.save(found)
    assert files.load(LabellingSettings) == found


def test_files_that_are_there_are_left_alone_but_for_the_line_that_names_their_schema(files: SettingsFiles) -> None:
    write(files, "runtime: {workers: 3}  # mine\n")
    files.ensure()
    files.ensure()
    schema, _, rest = files.path("jobs").read_text(encoding="utf-8").partition("\n")
    assert schema == "# yaml-language-server: $schema=schemas/jobs.schema.json"
    assert rest == "runtime: {workers: 3}  # mine\n"
    assert files.load(JobSettings).runtime.workers == 3


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "---\n", "{}", "runtime: {}\n"])
def test_an_empty_file_means_the_defaults(files: SettingsFiles, text: str) -> None:
    write(files, text)
    assert files.load(JobSettings) == JobSettings()


def test_saving_keeps_comments_order_and_what_did_not_change(files: SettingsFiles) -> None:
    text = (
        "# about this machine\n"
        "runtime:\n"
        "  tries: 3  # the codec is flaky\n"
        "\n"
        "  # two, for the laptop\n"
        "  workers: 2\n"
        "  stall_timeout_s: 1e2\n"
    )
    write(files, text)
    settings = files.load(JobSettings)
    files.save(JobSettings(runtime=settings.runtime.model_copy(update={"workers": 5})))
    saved = files.path("jobs").read_text(encoding="utf-8")
    assert saved.startswith(text.replace("workers: 2", "workers: 5").rstrip().rpartition("\n")[0])
    assert "# the codec is flaky" in saved
    assert files.load(JobSettings).runtime == settings.runtime.model_copy(update={"workers": 5})
    assert not files.path("jobs").with_suffix(".tmp").exists()


def test_saving_the_same_changes_nothing(files: SettingsFiles) -> None:
    files.ensure()
    before = files.path("data").read_text(encoding="utf-8")
    files.save(files.load(DataSettings))
    assert files.path("data").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    "text", ["runtime: [broken", "- a\n- list\n", "runtime: 5\n", "colour: red\nruntime: {tires: 2}\n", ""]
)
def test_saving_over_a_file_that_could_not_be_loaded_makes_one_that_can(files: SettingsFiles, text: str) -> None:
    write(files, text)
    wanted = JobSettings(runtime=RuntimeSettings(workers=4))
    files.save(wanted)
    assert files.load(JobSettings) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runtime:\n  worker: 3\n", "jobs.yaml:2: `runtime.worker` is no setting; did you mean `workers`?"),
        ("\n\nruntim:\n  workers: 3\n", "jobs.yaml:3: `runtim` is no setting; did you mean `runtime`?"),
        ("runtime:\n  xyz: 3\n", "jobs.yaml:2: `runtime.xyz` is no setting; known keys: workers, stall_timeout_s"),
        ("runtime:\n  tries: 2\n  workers: -1\n", "jobs.yaml:3: `runtime.workers`: input should be greater"),
        ("compute:\n  device: gpu\n", "jobs.yaml:2: `compute.device`: must be auto, cpu, mps, cuda or, of several"),
        ("runtime:\n  workers: many\n", "jobs.yaml:2: `runtime.workers`: input should be a valid integer"),
        ("runtime:\n  workers: 2.5\n", "jobs.yaml:2: `runtime.workers`: input should be a valid integer"),
        ("runtime:\n  workers: 1e400\n", "jobs.yaml:2: `runtime.workers`"),
        ("runtime:\n  workers: 99999999999999999999999\n", "jobs.yaml:2: `runtime.workers`"),
        ("runtime:\n  stall_timeout_s: .nan\n", "jobs.yaml:2: `runtime.stall_timeout_s`"),
        ("runtime:\n  stall_timeout_s: .inf\n", "jobs.yaml:2: `runtime.stall_timeout_s`"),
        ("runtime:\n  stall_timeout_s: -.inf\n", "jobs.yaml:2: `runtime.stall_timeout_s`"),
        ("runtime:\n  workers:\n", "jobs.yaml:2: `runtime.workers`"),
        ("runtime:\n  workers: 2020-01-01\n", "jobs.yaml:2: `runtime.workers`"),
        ("runtime:\n  workers: !thing 3\n", "jobs.yaml:2: `runtime.workers`"),
        ("runtime:\n  workers: [1]\n", "jobs.yaml:2: `runtime.workers`"),
        ("runtime: 5\n", "jobs.yaml:1: `runtime`"),
        ("runtime:\n  - 5\n", "jobs.yaml:1: `runtime`"),
        ("5: 6\n", "jobs.yaml:1: `5`"),
        ("runtime:\n  workers: 2\n  tries: 2\n  workers: 3\n", "jobs.yaml:4: not valid YAML: found duplicate key"),
        ("runtime:\n\tworkers: 2\n", "jobs.yaml:2: not valid YAML"),
        ("runtime: {workers: 2\n", "jobs.yaml:2: not valid YAML"),
        ("runtime: *nowhere\n", "jobs.yaml:1: anchors and aliases (& and *) are not read"),
        ("runtime: {}\n---\nruntime: {}\n", "jobs.yaml:"),
        ("- a\n- list\n", "jobs.yaml:1: settings are `name: value` lines, this is a list"),
        ("just text\n", "jobs.yaml:1: settings are `name: value` lines, this is 'just text'"),
        ("12\n", "jobs.yaml:1: settings are `name: value` lines"),
        ("base: &b {workers: -2}\nruntime:\n  <<: *b\n", "jobs.yaml:1: anchors and aliases"),
        ("\nruntime: &r\n  again: *r\n", "jobs.yaml:2: anchors and aliases"),
        ("runtime:\n  workers: " + "9" * 5000 + "\n", "jobs.yaml"),
        ("[" * 5000, "jobs.yaml:1: it is nested more than 20 levels deep"),
        ("- \n" * 100_000, "jobs.yaml: it is larger than"),
        ("runtime:\n  workers: !!timestamp 2020-13-99\n", "jobs.yaml"),
        ("runtime:\n  workers: !!int soon\n", "jobs.yaml"),
        ("runtime: \x00\n", "jobs.yaml"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_and_the_nearest_key(files: SettingsFiles, text: str, said: str) -> None:
    assert said in refusal(files, text)


def test_three_hundred_bytes_of_aliases_are_refused_at_once_with_their_line(files: SettingsFiles) -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, name in pairwise("abcdefghi"):
        text += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    started = time.monotonic()
    tracemalloc.start()
    assert refusal(files, text).startswith("jobs.yaml:1: anchors and aliases")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.monotonic() - started < 5
    assert peak < 16 << 20


def test_no_settings_file_is_written_with_anchors(files: SettingsFiles) -> None:
    files.ensure()
    for name, model in SETTINGS.items():
        files.save(files.load(model))
        assert not re.search(r"[&*]id\d+", files.path(name).read_text(encoding="utf-8"))


def test_every_problem_of_a_file_is_told_in_order(files: SettingsFiles) -> None:
    lines = refusal(files, "runtime:\n  tries: 99\n  worker: 1\ncolour: red\n").splitlines()
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4"]


def test_a_file_that_is_no_text_is_said_to_be_none(files: SettingsFiles) -> None:
    files.path("jobs").write_bytes(b"\xff\xfe\x00runtime")
    with pytest.raises(SettingsError, match="can't be read"):
        files.load(JobSettings)
    files.path("jobs").unlink()
    files.path("jobs").mkdir()
    with pytest.raises(SettingsError, match="is no regular file"):
        files.load(JobSettings)


def test_a_file_that_can_not_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        SettingsFiles(tmp_path / "absent").save(JobSettings())


RUNTIMES = st.builds(
    RuntimeSettings,
    workers=st.integers(0, 64),
    stall_timeout_s=st.floats(1, 86_400),
    heartbeat_timeout_s=st.floats(3, 3_600),
    tries=st.integers(1, 5),
)
MEDIA = st.builds(
    MediaSettings,
    thumbnail_short_side_px=st.integers(90, 720),
    sprite_frames=st.integers(4, 48),
    preview_short_side_px=st.integers(240, 1080),
)


@given(first=RUNTIMES, second=RUNTIMES, media=MEDIA)
def test_what_is_saved_is_what_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, first: RuntimeSettings, second: RuntimeSettings, media: MediaSettings
) -> None:
    files = SettingsFiles(tmp_path_factory.mktemp("settings"))
    for runtime in (first, second):
        files.save(JobSettings(runtime=runtime))
        assert files.load(JobSettings).runtime == runtime
        text = files.path("jobs").read_text(encoding="utf-8")
        assert "# How many processes share a job" in text
    files.save(DataSettings(media=media))
    assert files.load(DataSettings).media == media


# --- two who save at the same time -----------------------------------------------------------------------------------


def test_what_two_tabs_change_is_both_saved(files: SettingsFiles) -> None:
    """Each looked at the same file, and each saves the whole of its own form."""
    files.ensure()
    seen = files.load(JobSettings)
    files.save(JobSettings(runtime=seen.runtime.model_copy(update={"workers": 3})), seen=seen)
    said = files.save(JobSettings(runtime=seen.runtime.model_copy(update={"tries": 4})), seen=seen)
    assert files.load(JobSettings) == said
    assert (said.runtime.workers, said.runtime.tries) == (3, 4)


def test_the_same_value_set_to_two_things_is_refused_in_words(files: SettingsFiles) -> None:
    files.ensure()
    seen = files.load(JobSettings)
    files.save(JobSettings(runtime=seen.runtime.model_copy(update={"workers": 3})), seen=seen)
    with pytest.raises(SettingsError, match=r"jobs.yaml: `runtime.workers` was changed to 3 elsewhere.* to 5"):
        files.save(JobSettings(runtime=seen.runtime.model_copy(update={"workers": 5})), seen=seen)
    assert files.load(JobSettings).runtime.workers == 3
    files.save(JobSettings(runtime=seen.runtime.model_copy(update={"workers": 3})), seen=seen)  # they agree


def test_what_another_tab_took_away_stays_away(files: SettingsFiles) -> None:
    """The weight of a feature that one tab removed does not come back as nothing when the other saves."""
    files.ensure()
    seen = FeatureSettings()
    weights = seen.composite.weights  # type: ignore[attr-defined]
    gone, changed = list(weights)[:2]
    fewer = {name: weight for name, weight in weights.items() if name != gone}
    files.save(with_weights(seen, fewer), seen=seen)
    said = files.save(with_weights(seen, weights | {changed: 0.75}), seen=seen)
    assert said.composite.weights == fewer | {changed: 0.75}  # type: ignore[attr-defined]
    assert files.load(FeatureSettings) == said


def test_two_changes_that_do_not_go_together_are_refused_in_words(files: SettingsFiles) -> None:
    files.ensure()
    seen = files.load(DataSettings)
    middle = (seen.clipping.min_s + seen.clipping.max_s) / 2
    files.save(DataSettings(clipping=seen.clipping.model_copy(update={"min_s": middle})), seen=seen)
    with pytest.raises(SettingsError, match=r"data.yaml: your changes do not go together with .* is more than max_s"):
        files.save(DataSettings(clipping=seen.clipping.model_copy(update={"max_s": middle - 0.5})), seen=seen)
    assert files.load(DataSettings).clipping.max_s == seen.clipping.max_s


def with_weights(settings: FeatureSettings, weights: dict[str, float]) -> FeatureSettings:
    """The same with other weights of the composite score."""
    composite = settings.composite.model_copy(update={"weights": weights})  # type: ignore[attr-defined]
    return settings.model_copy(update={"composite": composite})


SAVE_OFTEN = """
import sys
from pathlib import Path
from engine.settings.jobs import JobSettings
from storage.settings import SettingsFiles
files, name = SettingsFiles(Path(sys.argv[1])), sys.argv[2]
for value in sys.argv[3].split(","):
    seen = files.load(JobSettings)
    files.save(JobSettings(runtime=seen.runtime.model_copy(update={name: int(value)})), seen=seen)
"""


def test_saves_from_threads_and_processes_lose_nothing(files: SettingsFiles) -> None:
    """Every writer changes a value of its own, many times; afterwards every value is what its writer set last."""
    files.ensure()
    errors: list[BaseException] = []

    def save_often(name: str, values: list[float]) -> None:
        try:
            for value in values:
                seen = files.load(JobSettings)
                files.save(JobSettings(runtime=seen.runtime.model_copy(update={name: value})), seen=seen)
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=save_often, args=("stall_timeout_s", [float(100 + n) for n in range(15)])),
        threading.Thread(target=save_often, args=("heartbeat_timeout_s", [float(200 + n) for n in range(15)])),
    ]
    processes = [
        subprocess.Popen([sys.executable, "-c", SAVE_OFTEN, str(files.folder), name, values])
        for name, values in (("workers", "1,2,3,4,5,6"), ("tries", "5,4,3,2,1,2"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [process.wait(60) for process in processes] == [0, 0]
    assert errors == []
    runtime = files.load(JobSettings).runtime
    assert (runtime.stall_timeout_s, runtime.heartbeat_timeout_s) == (114.0, 214.0)
    assert (runtime.workers, runtime.tries) == (6, 2)
    assert not list(files.folder.glob(".*.part"))


def test_settings_that_another_process_holds_are_said_to_be_busy(
    files: SettingsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "LOCK_PATIENCE_S", 0.1)
    with files._alone(), pytest.raises(WorkspaceBusy, match="another process has been changing the settings"):
        SettingsFiles(files.folder).save(JobSettings())
