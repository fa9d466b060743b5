"""The options that choose clips for an export, the same for every command that exports."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from engine.export.settings import ExportSettings

__all__ = [
    "By",
    "Diversity",
    "MakeFolders",
    "ModelName",
    "PerVideo",
    "RankBy",
    "Tags",
    "Threshold",
    "Top",
    "Where",
    "selected",
]


class By(StrEnum):
    """The score to rank by."""

    REWARD = "reward"
    ROBOT = "robot"
    COMPOSITE = "composite"


Top = Annotated[int | None, typer.Option("--top", min=1, help="How many at most.", show_default=False)]
Threshold = Annotated[float | None, typer.Option("--threshold", help="The lowest score.", show_default=False)]
Where = Annotated[
    str | None,
    typer.Option(
        "--where", help="SQL condition over clip, video and clip_features.", show_default=False, metavar="SQL"
    ),
]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only clips with this tag; may be repeated.")]
Diversity = Annotated[
    float | None,
    typer.Option(
        "--diversity",
        min=0.0,
        max=1.0,
        help="No two clips whose embeddings are more alike than this cosine.",
        show_default=False,
    ),
]
PerVideo = Annotated[
    int | None, typer.Option("--per-video", min=1, help="At most so many clips of one video.", show_default=False)
]
RankBy = Annotated[By, typer.Option("--by", help="What ranks; without a model, the composite score.")]
ModelName = Annotated[
    str | None, typer.Option("--model", help="A model's name or id; else the current one.", show_default=False)
]
MakeFolders = Annotated[
    bool, typer.Option("--make-folders", help="Make the folders above FILE and DIR that don't exist yet.")
]


def selected(
    *,
    by: By,
    model: str | None,
    top: int | None,
    threshold: float | None,
    where: str | None,
    tag: list[str] | None,
    diversity: float | None,
    per_video: int | None,
) -> ExportSettings:
    """The choice of clips. Raises `typer.BadParameter` for a value that typer's own limits let through."""
    if diversity is not None and diversity <= 0:
        raise typer.BadParameter("must be above 0", param_hint="--diversity")
    return ExportSettings(
        ranked_by=by.value,
        model_id=model,
        top=top,
        threshold=threshold,
        where=where,
        tags=tuple(tag or ()),
        diversity=diversity,
        per_video=per_video,
    )
