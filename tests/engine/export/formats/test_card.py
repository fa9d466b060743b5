"""The card says how clips were chosen, whose they are, and what is not real, whatever texts it is made of."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from ruamel.yaml import YAML

from engine.export.formats.base import ExportFacts
from engine.export.formats.card import CardSection, HubCard, card, plain

FACTS = ExportFacts(
    export_id="20261127-150000-abcd",
    created_at="2026-11-27T15:00:00+00:00",
    app_version="0.2.0",
    chosen=("by reward", "top 3"),
    ranked_by="reward",
    model_name="mine",
    seed=7,
    settings_hash="0123456789abcdef",
    threshold=0.5,
    labels_by="people",
    notes=(),
    synthetic=0,
    sources={"epic": 2, "folder": 1},
)


def made(facts: ExportFacts = FACTS, **kwargs: object) -> str:
    return card("Clips", facts, about="What it is.", **kwargs)  # type: ignore[arg-type]


def test_it_says_what_was_chosen_and_under_which_terms() -> None:
    text = made(sections=[CardSection("Files", "One.")])
    for said in ("# Clips", "What it is.", "## Files", "top 3", "Model: mine, seed 7", "Lowest score: 0.5"):
        assert said in text
    assert "0123456789abcdef" in text
    assert "CC BY-NC 4.0" in text
    assert "commercial" in text
    assert "no licence is known" in text
    assert "**" not in text  # nothing to warn of
    assert text == made(sections=[CardSection("Files", "One.")])


@pytest.mark.parametrize(
    ("labels_by", "warning"),
    [("simulated", "simulated labels"), ("model", "another model's judgement"), (None, "not known whose labels")],
)
def test_labels_that_are_not_peoples_are_said_first(labels_by: str | None, warning: str) -> None:
    text = made(replace(FACTS, labels_by=labels_by))
    assert warning in text.split("## ")[0]


def test_a_composite_ranking_learned_from_nobody() -> None:
    text = made(replace(FACTS, labels_by=None, ranked_by="composite", model_name=None, seed=None))
    assert "**" not in text
    assert "Ranked by: the composite score" in text


def test_synthetic_clips_are_counted() -> None:
    assert "All clips are rendered" in made(replace(FACTS, synthetic=3, sources={"sample": 3}))
    assert "2 clips are rendered" in made(replace(FACTS, synthetic=2, sources={"sample": 2, "folder": 1}))


def test_clips_that_could_not_be_made_are_named_up_to_twenty() -> None:
    lost = {f"v@{n}-{n + 1}": "its video is gone" for n in range(25)}
    text = made(replace(FACTS, left_out=lost))
    assert text.count("its video is gone") == 20
    assert "and 5 more" in text


def test_the_front_matter_is_yaml_with_the_licences_of_the_sources() -> None:
    def front(sources: dict[str, int]) -> dict[str, object]:
        config = {"config_name": "default", "data_files": "a.parquet"}
        text = made(replace(FACTS, sources=sources), hub=HubCard(tags=("LeRobot",), configs=(config,)))
        _, yaml, _ = text.split("---\n", 2)
        return dict(YAML(typ="safe").load(yaml))

    assert front({"epic": 3})["license"] == "cc-by-nc-4.0"
    assert front({"folder": 3})["license"] == "unknown"
    assert front({"epic": 1, "folder": 1})["license"] == ["cc-by-nc-4.0", "unknown"]
    assert front({"ego4d": 1})["license_link"] == "https://ego4ddataset.com/ego4d-license/"
    assert front({"epic": 3})["tags"] == ["handpicked", "egocentric", "LeRobot"]
    assert front({"epic": 3})["configs"] == [{"config_name": "default", "data_files": "a.parquet"}]


def test_texts_from_data_set_nothing_off() -> None:
    hostile = "# x\n\n![](http://e.vil/a.png) <script>\n---\nlicense: mit"
    text = made(replace(FACTS, model_name=hostile, chosen=(hostile,), notes=(hostile,), left_out={hostile: hostile}))
    assert "<script>" not in text
    assert not re.search(r"(?<!\\)\]\(http(?!s://creativecommons)", text)
    assert not any(line.startswith(("# x", "---", "license:")) for line in text.splitlines())


@pytest.mark.parametrize("text", ["https://x.org/a", "www.x.org", "me@x.org", "&lt;b&gt;", "[a](b)", "<b>"])
def test_text_from_data_makes_no_link_and_no_html(text: str) -> None:
    """Each sign by which Markdown would begin one is escaped."""
    for sign in ("://", "@", "&", "[", "<"):
        assert plain(text).count(sign) == plain(text).count(f"\\{sign}")
    assert "www." not in plain(text)
