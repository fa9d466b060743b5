"""`handpicked train`, `score`, `models` and `gains`: train rewards, score clips, manage models, read gains."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.job_report import DONE, FAILED, PARTLY, exit_with
from app.cli.kind_option import Kind
from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.session import session
from app.reports.reward_words import MEASURES, by_accuracy, empty_measures, measured, outdated, ranking_words
from app.text import plural
from app.workflows.gains import import_gains
from app.workflows.model_import import import_model
from app.workflows.rewarding import (
    delete_model,
    export_model,
    find_model,
    model_of_job,
    rename_model,
    score_job,
    train_spec,
)
from app.workflows.staleness import model_warning, split_warnings, stale_warnings
from engine.preference.kinds import BY, counted_by

if TYPE_CHECKING:
    from engine.reward.judging.training_report import TrainingReport
    from storage.rewards import RewardModel

__all__ = ["gains", "models", "score", "train"]

models = typer.Typer(no_args_is_help=True, help="Trained rewards: list, rename, choose, export, import, delete.")
gains = typer.Typer(no_args_is_help=True, help="Measured gains (ΔM) of clips: what the robot head learns from.")
Model = Annotated[str, typer.Argument(help="A model's id or name.", metavar="MODEL")]


def train(
    context: typer.Context,
    name: Annotated[str | None, typer.Option(help="What to call the model.", show_default=False)] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same model.")] = 0,
    labels: Annotated[
        Kind | None,
        typer.Option(
            help="Whose labels to learn from. By default people's where there are 10 or more, else a model's "
            "judgement, else simulated ones; never several together.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Train a reward on the labels, judge it by sources that it never saw, and score all clips with it."""
    with session(context) as opened:
        spec = train_spec(opened.workspace, name=name, seed=seed, labels=labels.value if labels else None)
        for warning in stale_warnings(opened.workspace):
            say(warning, "yellow")
        report = opened.run("Train a reward", spec)
        model = opened.workspace.rewards.get(model_of_job(spec))
        scored = opened.workspace.rewards.count_scores(model.model_id) if model else 0
        logs = opened.workspace.paths.logs
    if options(context).json:
        said: dict[str, Any] = {**report.as_json(), "failed": [failure.error for failure in report.failures]}
        if model is not None:
            said |= {"model_id": model.model_id, "name": model.name, "seed": model.seed, "clips_scored": scored}
            said |= {
                "settings": model.settings,
                "metrics": model.report_json,
                "tensorboard": f"tensorboard --logdir {logs}",
            }
        print_json(said)
    else:
        if model is not None:
            if model.report is not None:
                print_report(model.name, model.report)
            say(f"{plural(scored, 'clip')} scored. Curves: tensorboard --logdir {logs}", "dim")
    exit_with(report.exit_code, DONE if model is not None else FAILED)


def print_report(name: str, report: TrainingReport) -> None:
    """Print the table of the ensemble and its baselines, and the conclusion."""
    say(
        f"{name}: {counted_by(report.labels, report.kind)} about {plural(report.clips, 'clip')} "
        f"from {plural(report.sources, 'source')}, {report.held_out_labels:,} of them held out in turn.",
        "bold",
    )
    judges = [judge for judge in report.judges if judge.kind != "feature"]
    judges += by_accuracy([judge for judge in report.judges if judge.kind == "feature"])[:3]
    if report.judged is not None and judges:
        headings = ("", *(title for title, _ in MEASURES.values()))
        body: list[tuple[str, ...]] = [
            (judge.title, *(measured(judge.measure(measure)) for measure in MEASURES)) for judge in judges
        ]
        if report.judged.ceiling is not None:
            body.insert(1, ("Ceiling", measured(report.judged.ceiling.accuracy), "", "", "", ""))
        print_table(headings, body)
    colours = {"good": "green", "plain": "", "bad": "yellow"}
    for note in report.verdict:
        say(note.text, colours[note.tone])
    for sentence in [
        *filter(None, [ranking_words(report)]),
        *empty_measures(report),
        *filter(None, [outdated(report)]),
    ]:
        say(sentence, "dim")


def score(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Option(help="A model's id or name; else the current one.", show_default=False)
    ] = None,
) -> None:
    """Score all clips anew with a trained reward."""
    with session(context) as opened:
        job = score_job(opened.workspace, model)
        if job is None:
            say("There is no model yet. `handpicked train` makes one.", "red")
            raise typer.Exit(1)
        model_id = model_of_job(job.spec)
        scoring = opened.workspace.rewards.get(model_id)
        behind = model_warning(opened.workspace, scoring) if scoring is not None else ""
        split = split_warnings(opened.workspace, scoring)
        for warning in [*stale_warnings(opened.workspace), *([behind] if behind else []), *split]:
            say(warning, "yellow")
        report = opened.run(job.title, job.spec)
        scored = opened.workspace.rewards.count_scores(model_id)
        unscored = opened.workspace.rewards.unscored(model_id)
    if options(context).json:
        said = {**report.as_json(), "failed": [failure.error for failure in report.failures]}
        print_json(
            {**said, "model_id": model_id, "clips_scored": scored, "unscored": [asdict(clip) for clip in unscored]}
        )
    else:
        say(f"{plural(scored, 'clip')} scored.", "bold")
        for reason, count in sorted(Counter(clip.reason for clip in unscored).items()):
            say(f"{plural(count, 'clip')} unscored: {reason}.", "yellow")
    exit_with(report.exit_code)


@models.command("list")
def list_models(context: typer.Context) -> None:
    """Show the trained rewards, the newest first."""
    with session(context) as opened:
        found = opened.workspace.rewards.find()
        current = opened.workspace.rewards.current()
    rows = [
        {
            "model_id": model.model_id,
            "name": model.name,
            "current": current is not None and model.model_id == current.model_id,
            "created_at": f"{model.created_at:%Y-%m-%d %H:%M}",
            "labels": model.report.labels if model.report is not None else None,
            "labels_by": model.labels_by,
            "accuracy": accuracy_of(model),
        }
        for model in found
    ]
    if options(context).json:
        print_json(rows)
    elif not rows:
        say("No models yet. `handpicked train` makes one.")
    else:
        print_table(
            ("model", "name", "", "made", "labels", "by", "pair accuracy"),
            [
                (
                    *(row["model_id"], row["name"], "current" if row["current"] else "", row["created_at"]),
                    *(row["labels"], "not known" if model.labels_by is None else BY[model.labels_by]),
                    None if accuracy is None else round(accuracy, 3),
                )
                for row, model, accuracy in zip(rows, found, map(accuracy_of, found), strict=True)
            ],
        )


def accuracy_of(model: RewardModel) -> float | None:
    """The ensemble's pair accuracy, where it was evaluated."""
    judges = model.report.judges if model.report is not None else ()
    return next((judge.accuracy.value for judge in judges if judge.key == "ensemble"), None)


@models.command("rename")
def rename(context: typer.Context, model: Model, name: Annotated[str, typer.Argument(help="Its new name.")]) -> None:
    """Give a model another name."""
    with session(context) as opened:
        rename_model(opened.workspace, model, name)
    done(context, {"model": model, "name": name}, f"It is called {name!r} now.")


@models.command("use")
def use(context: typer.Context, model: Model) -> None:
    """Make a model the current one, whose scores are shown."""
    with session(context) as opened:
        found = find_model(opened.workspace, model)
        opened.workspace.rewards.make_current(found.model_id)
    done(context, {"model_id": found.model_id, "name": found.name}, f"{found.name} is the current model.")


@models.command("export")
def export(
    context: typer.Context,
    model: Model,
    out: Annotated[Path, typer.Argument(help="The folder to write to.", metavar="DIR")],
) -> None:
    """Copy a model's checkpoint (safetensors and JSON) and report into a folder."""
    with session(context) as opened:
        files = export_model(opened.workspace, model, out)
    done(context, {"files": [str(path) for path in files]}, f"Written: {', '.join(str(path) for path in files)}.")


@models.command("import")
def import_checkpoint(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="What `models export` wrote: the folder, or a file in it.")],
    name: Annotated[str | None, typer.Option(help="What to call the model.", show_default=False)] = None,
) -> None:
    """Take in a model that was exported elsewhere, and score all clips with it. No code of its maker runs."""
    with session(context) as opened:
        found = import_model(opened.workspace, path, name=name)
        job = score_job(opened.workspace, found.model.model_id)
        report = opened.run(job.title, job.spec) if job is not None else None
        scored = opened.workspace.rewards.count_scores(found.model.model_id)
        current = opened.workspace.rewards.current()
    is_current = current is not None and current.model_id == found.model.model_id
    if options(context).json:
        said = {"model_id": found.model.model_id, "name": found.model.name, "new": found.new, "current": is_current}
        failed = [failure.error for failure in report.failures] if report else []
        message = report.job.message if report else ""
        print_json({**said, "notes": found.notes, "clips_scored": scored, "message": message, "failed": failed})
    else:
        say(f"{found.model.name}: {plural(scored, 'clip')} scored.", "bold")
        for note in found.notes:
            say(note)
        if not is_current:
            say(f"`handpicked models use {found.model.model_id}` makes it the current model.", "dim")
    exit_with(report.exit_code if report else DONE)


@models.command("delete")
def delete(context: typer.Context, model: Model) -> None:
    """Delete a model with its scores, checkpoint and logs."""
    with session(context) as opened:
        found = delete_model(opened.workspace, model)
    done(context, {"deleted": found.model_id, "name": found.name}, f"{found.name} is deleted, its scores with it.")


@gains.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV: clip_id,gain or clip_id,gain,gain_std.", metavar="FILE")],
) -> None:
    """Read measured gains; `train` then trains the robot head on them too."""
    with session(context) as opened:
        found = import_gains(opened.workspace, file)
    if options(context).json:
        problems = [{"line": problem.line, "error": problem.reason} for problem in found.problems]
        print_json({"gains": found.gains, "left_out": found.left_out, "problems": problems})
    else:
        say(f"{plural(found.gains, 'gain')} read from {file.name}.", "bold")
        for problem in found.problems:
            say(f"{file.name}:{problem.line}: {problem.reason}" if problem.line else problem.reason, "yellow")
    exit_with(FAILED if not found.gains else PARTLY if found.problems else DONE)


def done(context: typer.Context, value: dict[str, Any], text: str) -> None:
    """Report what was done, as text or JSON."""
    if options(context).json:
        print_json(value)
    else:
        say(text)
