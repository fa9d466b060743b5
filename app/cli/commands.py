"""All commands of `handpicked`, with the places of their code and what the list of them says.

The texts stand here once more, and a test holds them equal: reading them out of the commands would import all of them.
"""

from __future__ import annotations

from app.cli.lazy_group import Entry

__all__ = ["COMMANDS"]

COMMANDS = (
    Entry(
        "app", "app.cli.app_command:run_app", "Open the app on this workspace, for this machine only; Ctrl-C ends it."
    ),
    Entry(
        "demo",
        "app.cli.demo_command:demo",
        "Walk the whole path on sample videos, or on your own with simulated labels; each step is timed and checked.",
    ),
    Entry(
        "sample",
        "app.cli.sample_command:sample",
        "Render first-person sample videos with known truth into the workspace, and import them.",
    ),
    Entry(
        "import",
        "app.cli.import_command:import_videos",
        "Import videos and annotations, and cut the videos into clips; or a bundle that a colleague exported.",
    ),
    Entry(
        "audit",
        "app.cli.audit_command:audit",
        "Report what is wrong with videos, annotations, a bundle or a workspace. It needs no labels.",
    ),
    Entry(
        "download",
        "app.cli.download_command:download",
        "Fetch videos into the workspace and import them. A download that was cut off goes on where it stopped.",
    ),
    Entry(
        "extract",
        "app.cli.extract_command:extract",
        "Measure the clips that lack numbers, as the settings are now. Each video is decoded once.",
    ),
    Entry(
        "composite",
        "app.cli.extract_command:composite",
        "Compute the composite score anew from the weights in features.yaml; nothing is decoded.",
    ),
    Entry(
        "train",
        "app.cli.reward_commands:train",
        "Train a reward on the labels, judge it by sources that it never saw, and score all clips with it.",
    ),
    Entry("score", "app.cli.reward_commands:score", "Score all clips anew with a trained reward."),
    Entry(
        "validate",
        "app.cli.validate_command:validate",
        "Measure the gain of clips by behaviour cloning, and hold the reward against it: ρ, controls, verdict.",
    ),
    Entry(
        "ablate",
        "app.cli.validate_command:ablate",
        "Train the reward without groups of features, and see what ρ and pair accuracy lose.",
    ),
    Entry(
        "rank",
        "app.cli.rank_command:rank",
        "Write the best clips as a ranked list, and with --cut as files that a colleague can import.",
    ),
    Entry(
        "export",
        "app.cli.export_command:export",
        "Write the best clips as a data set for other tools: a format and a new folder.",
    ),
    Entry(
        "query",
        "app.cli.query_command:run_query",
        "Run a query over the workspace's tables. The database is opened read-only: nothing can be changed.",
    ),
    Entry(
        "doctor",
        "app.cli.doctor_command:doctor",
        "Show versions, GPU, codecs, model weights and disk; what is missing, and how to get it.",
    ),
    Entry("features", "app.cli.extract_command:cli", "Features of clips: how far each extractor is, and export."),
    Entry(
        "labels",
        "app.cli.labels_command:cli",
        "Labels: statistics, CSV files, and simulated annotators for the sample workspace.",
    ),
    Entry("models", "app.cli.reward_commands:models", "Trained rewards: list, rename, choose, export, import, delete."),
    Entry("gains", "app.cli.reward_commands:gains", "Measured gains (ΔM) of clips: what the robot head learns from."),
    Entry(
        "videos",
        "app.cli.videos_command:cli",
        "Videos in the workspace: list, cut into clips, point elsewhere, remove.",
    ),
    Entry("clips", "app.cli.clips_command:cli", "Clips: list, search, tag, near-duplicates, the map, their windows."),
    Entry("exports", "app.cli.exports_command:cli", "Past exports: list them, repeat one exactly, publish one."),
    Entry(
        "sync",
        "app.cli.sync_command:cli",
        "Share videos, cut clips and labels through S3. Credentials come from the standard AWS places.",
    ),
    Entry(
        "jobs",
        "app.cli.jobs_command:cli",
        "Background work: list (as without a command), show, cancel, resume, retry, clean.",
    ),
)
