"""The card of a LeRobot data set: how it is read, what its actions are and are not, and what readers get wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.export.formats.card import CardSection, HubCard, card
from engine.export.formats.lerobot.options import CHUNK_FRAMES
from engine.export.formats.lerobot.tasks import NO_NARRATION

if TYPE_CHECKING:
    from engine.export.formats.base import ExportFacts
    from engine.export.formats.lerobot.options import ActionMode, LerobotOptions
    from engine.video.constant_rate import Encoding

__all__ = ["Contents", "files_said", "lerobot_card", "mode_said"]

_HUB = HubCard(
    tags=("LeRobot",),
    configs=({"config_name": "default", "data_files": "data/*/*.parquet"},),
)

_ACTIONS = {
    "none": "There are no actions: this data set is video, task texts and rewards. Policies with an action head can't "
    "be trained on it, and stop when they look for the feature `action`.",
    "hands": "There are no actions. `observation.hands.kp2d` holds the landmarks of the left and the right hand of "
    "each frame, as they lie in the picture, 21 × (u, v, score) each, in pixels; `observation.hands.presence` says "
    "which hand is there. An absent hand is all zeros; a score of 0 marks a hand that was filled in between two "
    "frames. The landmarks are MediaPipe's estimates from single pictures, not measured positions. Policies with an "
    "action head can't be trained on this data set, and stop when they look for the feature `action`.",
    "pseudo": "**The actions are the motion of human hands in the picture, not commands of a robot.** "
    "`observation.state` holds, for the left and the right hand as they lie in the picture: the palm's x and y, the "
    "palm's length as a share of the picture's width, and the gap of thumb and index finger. x, y and the gap are in "
    "palm lengths (the hand's median in the clip). A palm begins where it is first seen, from the middle of the "
    "picture, and goes on by its steps with the camera's motion taken out by one homography a step. An absent hand is "
    "all zeros. `action` is the state of the next frame less this one's where `handpicked.action_is_valid` is 1 for "
    "the hand, and 0 elsewhere: where the hand is lost, the camera's motion is not known, or the clip ends. All of it "
    "rests on MediaPipe's two-dimensional estimates; depth, forces and fingers are not in it.",
}


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a data set holds."""

    episodes: int
    frames: int
    short: int
    """Episodes shorter than the chunk that ACT predicts."""
    undescribed: int
    """Episodes without a narration."""
    without_reward: int
    video_files: int


def lerobot_card(facts: ExportFacts, options: LerobotOptions, encoding: Encoding, contents: Contents) -> str:
    """The card as Markdown."""
    about = (
        f"A LeRobot v3.0 data set of first-person clips: {contents.episodes:,} episodes, {contents.frames:,} frames at "
        f"{encoding.fps} a second, {encoding.width} × {encoding.height}. Each episode is one clip, in order of rank. "
        "Current LeRobot needs Python 3.12 or later; on 3.11, pip installs LeRobot 0.4.4, which reads this data set "
        "too."
    )
    sections = (
        CardSection("Actions", mode_said(options.actions)),
        CardSection("Pictures", _pictures(encoding, contents)),
        CardSection("Tasks", _tasks(contents)),
        CardSection("Rewards and weights", _rewards(contents)),
        CardSection("Length", _length(contents)),
    )
    return card("Clips picked with Handpicked", facts, about=about, sections=sections, hub=_HUB)


def mode_said(actions: ActionMode) -> str:
    """What the card says of this mode of actions."""
    return _ACTIONS[actions]


def files_said(video_files: int) -> str:
    """How the card names several video files."""
    return f"**There are {video_files:,} video files.**"


def _pictures(encoding: Encoding, contents: Contents) -> str:
    text = (
        "Frame k of an episode is what its video shows k / "
        f"{encoding.fps} s after the clip's start: clips of another rate have frames repeated or left out. Pictures of "
        "another size are scaled, those of another shape have black bars. The videos have no sound."
    )
    if contents.video_files > 1:
        text += (
            f"\n\n{files_said(contents.video_files)} Readers that stream (LeRobot's "
            "`StreamingLeRobotDataset`) take a frame's `index` divided by the rate as its time in the file. That is "
            "wrong from the second file on, and they show wrong frames without an error: read this data set from disk "
            "with `LeRobotDataset`, or export it with a larger `video_mb`."
        )
    else:
        text += (
            " They lie in one file: readers that stream take a frame's `index` divided by the rate as its time in the "
            "file, which would be wrong in a second one. Keep it so when you add to this data set."
        )
    return text


def _tasks(contents: Contents) -> str:
    text = "An episode's task is its clip's narration."
    if contents.undescribed:
        one = contents.undescribed == 1
        text += f" {contents.undescribed:,} {'has' if one else 'have'} none; {'its' if one else 'their'} task is "
        text += f'"{NO_NARRATION}".'
    return text


def _rewards(contents: Contents) -> str:
    text = (
        "`handpicked.reward` and `handpicked.reward_std` of each frame are its clip's reward and how unsure the model "
        "is of it; both are 0 where `handpicked.reward_known` is 0. `meta/handpicked.parquet` says for each episode "
        "which clip of which video it is, with its reward, its model and the hash of the settings. LeRobot's tools for "
        "editing data sets keep the features of frames and drop that file.\n\n"
        "`sample_weights.parquet` (`index`, `weight`) is for training that weighs samples: the weight is 2 / (1 + "
        "exp(−(reward − median))), so 1 for the clip in the middle, less for worse ones, at most 2."
    )
    if contents.without_reward == contents.episodes:
        text += " **No clip has a reward here: all weights are 1.**"
    elif contents.without_reward:
        text += f" {contents.without_reward:,} of the clips have no reward; their weight is 1."
    return text


def _length(contents: Contents) -> str:
    if not contents.short:
        return f"Every episode has {CHUNK_FRAMES} frames or more, as many as the policy ACT predicts at once."
    return (
        f"{contents.short:,} of {contents.episodes:,} episodes have fewer than {CHUNK_FRAMES} frames, which the policy "
        "ACT predicts at once by default: most of what it would learn from them is padding. Set `chunk_size` to less."
    )
